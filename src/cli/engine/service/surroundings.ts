import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { engineProgram } from '../../../engine/client/engine-paths.ts';
import { ownAccount } from '../../../engine/client/rootless/account.ts';
import type { Env } from '../../context.ts';

/** How a system program ended. */
export interface Ended {
  readonly ok: boolean;
  readonly stdout: string;
  /** Its output when it failed, in one line. */
  readonly why: string;
}

/** Everything that installing a service uses. */
export interface Surroundings {
  readonly uid: number;
  readonly user: string;
  readonly env: Env;
  readonly program: readonly string[];
  /** Directory of the units. */
  readonly directory: string;
  readonly run: (program: string, ...args: readonly string[]) => Ended;
  readonly exists: (path: string) => boolean;
  readonly read: (path: string) => string | undefined;
}

/** Longest call of systemctl, in milliseconds: a start waits for nothing, a stop for the containers. */
const patience = 150_000;

/** The surroundings of this process. */
export function ownSurroundings(env: Env): Surroundings {
  const { uid, username, homedir } = ownAccount(env);
  const bundle = join(dirname(engineProgram().engine), 'tcompose.cjs');
  return {
    uid,
    user: username,
    env,
    program: [process.execPath, bundle],
    directory: unitDirectory(uid, homedir, env),
    run: (program, ...args) => run(env, program, args),
    exists: existsSync,
    read(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** Where a user's units are (systemd.unit(5)). */
export function unitDirectory(uid: number, home: string, env: Env): string {
  return uid === 0
    ? '/etc/systemd/system'
    : join(env.XDG_CONFIG_HOME || join(home, '.config'), 'systemd/user');
}

function run(env: Env, program: string, args: readonly string[]): Ended {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout: patience, env });
  const missing = (done.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  const said = (done.stderr ?? '').trim().split('\n').at(-1) ?? '';
  const why = missing
    ? `${program} is not installed`
    : said || done.error?.message || `${program} exited with ${done.status}`;
  return { ok: done.status === 0, stdout: done.stdout ?? '', why };
}
