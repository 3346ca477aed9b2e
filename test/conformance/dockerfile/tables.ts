import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = '../shared/conformance/dockerfile-tables';

/** Whether the tables are here; when not, says so once. */
export const tablesPresent = existsSync(folder);
if (!tablesPresent) console.warn(`skipped: tables of the Dockerfile language: ${folder} is not here`);

/** The cases of a table; none when the tables are not here. */
export function table<Case>(name: string): readonly Case[] {
  return tablesPresent ? (document(name).cases as readonly Case[]) : [];
}

/** A table whole, for those that are not a plain list of cases. */
export function document(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Record<string, unknown>;
}
