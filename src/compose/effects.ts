import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { readInput, readStream } from './read-input.ts';

/** Everything outside that a load uses. */
export interface LoadEffects {
  /** Environment variables of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory, absolute. */
  readonly cwd: string;
  /** Home directory, for `~`; undefined if there is none. */
  readonly home: string | undefined;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  readonly readStdin: () => Promise<Uint8Array>;
  /** `undefined` when it does not exist or can't be examined. */
  readonly kind: (path: string) => Promise<'file' | 'directory' | undefined>;
  /** Fetches a compose file from a registry or repository; returns its path. If absent, nothing is fetched. */
  readonly fetchRemote?: (reference: string) => Promise<string>;
  /** The path with symbolic links followed; the path itself when that fails. */
  readonly realPath: (path: string) => Promise<string>;
}

/** The effects of this Node process. */
export function nodeEffects(): LoadEffects {
  return {
    env: process.env,
    cwd: process.cwd(),
    home: process.env.HOME ?? homedir(),
    readFile: (path) => readInput(path),
    readStdin: () => readStream(process.stdin),
    kind: async (path) => {
      try {
        return statSync(path).isDirectory() ? 'directory' : 'file';
      } catch {
        return undefined;
      }
    },
    realPath: async (path) => {
      try {
        return realpathSync.native(path);
      } catch {
        return path;
      }
    },
  };
}
