import { existsSync } from 'node:fs';
import { whyNoEngine } from '../../support/engine.ts';

const places = (name: string): string[] =>
  (process.env.PATH ?? '')
    .split(':')
    .map((directory) => `${directory}/${name}`)
    .filter((path) => existsSync(path));

/** Runtimes the tests are run with, in the order the engine lists them. */
const wanted = ['crun', 'runc'];

/** Those that are on this machine. */
export const runtimes: readonly string[] = wanted.filter((name) => places(name).length > 0);

/** Those that are not, to be told of. */
export const missingRuntimes: readonly string[] = wanted.filter((name) => places(name).length === 0);

/** Absolute path of a runtime's program. */
export const programOf = (name: string): string => places(name)[0]!;

/** Why tests with other runtimes can't run here, or undefined. */
export const whyNoRuntimes = (): string | undefined =>
  process.getuid?.() === 0 ? whyNoEngine() : 'runtimes other than the built-in one are root’s';
