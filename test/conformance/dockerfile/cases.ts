import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const casesFolder = '../shared/conformance/dockerfile';

/** Whether the cases are here; when not, says so once. */
export const casesPresent = existsSync(casesFolder);
if (!casesPresent) console.warn(`skipped: cases of Dockerfile builds: ${casesFolder} is not here`);

export interface SetupStep {
  readonly op?: string;
  readonly path?: string;
  readonly [member: string]: unknown;
}

/** What `case.json` says of a build; the README beside the cases explains it. */
export interface BuildCase {
  readonly topic?: string;
  readonly about?: string;
  readonly dockerfile?: string;
  readonly dockerfile_outside?: string;
  readonly dockerfile_stdin?: string;
  readonly args?: Readonly<Record<string, string>> | readonly string[];
  readonly target?: string;
  readonly secrets?: readonly { readonly id: string; readonly src?: string; readonly env?: string }[];
  readonly contexts?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly output?: string;
  readonly exporter?: unknown;
  readonly prepare?: readonly { readonly tag: string; readonly dockerfile: string }[];
  readonly setup?: readonly SetupStep[];
  readonly steps?: readonly Partial<BuildCase>[];
  readonly cached?: boolean;
  readonly mtime?: boolean;
  readonly quirk?: boolean;
  readonly error_only?: boolean;
}

/** What BuildKit answered. */
export interface BuildAnswer {
  readonly exit: number;
  readonly vertices?: readonly string[];
  readonly warnings?: readonly { readonly text: string; readonly lines?: readonly (readonly number[])[] }[];
  readonly error?: string;
  readonly where?: string;
  readonly snippet?: readonly string[];
  readonly base?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly author?: string;
  readonly history?: readonly { readonly created_by: string; readonly empty_layer: boolean }[];
  readonly layers?: number;
  readonly files?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly removed?: readonly string[];
  readonly cached?: readonly string[];
  readonly steps?: readonly BuildAnswer[];
  readonly stdout?: string;
}

export interface NamedCase {
  readonly name: string;
  readonly folder: string;
  readonly given: BuildCase;
  readonly expected: BuildAnswer;
}

/** All cases; none when they are not here. */
export function buildCases(): readonly NamedCase[] {
  if (!casesPresent) return [];
  return readdirSync(casesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = join(casesFolder, name);
      const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown;
      return {
        name,
        folder,
        given: read('case.json') as BuildCase,
        expected: read('expected.json') as BuildAnswer,
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function buildArgs({ args, env }: BuildCase): ReadonlyMap<string, string> {
  if (args === undefined) return new Map();
  if (!Array.isArray(args)) return new Map(Object.entries(args as Readonly<Record<string, string>>));
  return new Map(
    args.flatMap((one: string): [string, string][] => {
      const at = one.indexOf('=');
      if (at >= 0) return [[one.slice(0, at), one.slice(at + 1)]];
      const value = env?.[one];
      return value === undefined ? [] : [[one, value]];
    }),
  );
}
