import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** What the request is made from besides the command line. */
export interface RequestSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Text of an --env-file or --label-file. */
  readonly readFile: (path: string) => string;
  /** The terminal's [rows, columns], for --tty. */
  readonly consoleSize?: readonly [number, number];
}

/** Makes paths of the command line absolute; a leading `~` is the home directory. */
export const absolutePath =
  (around: RequestSurroundings) =>
  (path: string): string =>
    resolve(
      around.cwd,
      path === '~' || path.startsWith('~/') ? (around.env.HOME ?? homedir()) + path.slice(1) : path,
    );
