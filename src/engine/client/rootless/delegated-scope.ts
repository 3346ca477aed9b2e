import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { detectCgroups } from '../../../runtime/cgroup/cgroup-layout.ts';

/** Value of $TCOMPOSE_CGROUP for the group that the engine is started in: whoever starts it has had it made for that. */
export const ownGroupWord = 'own';

/** What decides whether a user's systemd is asked for a control group. */
export interface Session {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of /proc/self/mountinfo. */
  readonly mountinfo: string;
  /** Whether there is something at a path. */
  readonly exists: (path: string) => boolean;
  /** Path of a program of $PATH; undefined: there is none. */
  readonly program: (name: string) => string | undefined;
}

/**
 * The command to be put before the engine's own so that the user's systemd gives it a scope whose control group is his to divide
 * (systemd.resource-control(5), `Delegate=`); none where that can't be asked, or somebody has named a group. systemd-run makes the
 * scope, and executes the command in its own place. At the machine's end the service that stops containers in their own way goes first.
 * Pure.
 */
export function scopeCommand({ env, mountinfo, exists, program }: Session, run: string): readonly string[] {
  if (env.TCOMPOSE_CGROUP) return [];
  if (detectCgroups(mountinfo, '').kind !== 'v2') return [];
  if (!hasUserBus(env, exists)) return [];
  const systemdRun = program('systemd-run');
  if (systemdRun === undefined) return [];
  const description = `--description=tcompose engine of ${run}`;
  return [
    ...[systemdRun, '--user', '--scope', '--quiet', '--collect'],
    ...['--property=Delegate=yes', '--property=Before=tcompose.service', description, '--'],
  ];
}

/** Whether the user's own systemd can be spoken to. */
export function hasUserBus(env: Session['env'], exists: Session['exists']): boolean {
  const directory = env.XDG_RUNTIME_DIR;
  if (directory === undefined || !isAbsolute(directory)) return false;
  return exists(join(directory, 'bus')) || exists(join(directory, 'systemd/private'));
}

/** What the user hears when his systemd has refused a scope; `said` is what systemd-run wrote. */
export function scopeRefused(said: string): string {
  const why = said.split('\n').at(-1) || 'it gave no reason';
  return `systemd has given the engine no control group (${why}): limits on memory, CPU and processes may not hold`;
}

/** Of this process. */
export const ownSession = (): Session => ({
  env: process.env,
  mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
  exists: existsSync,
  program: (name) =>
    (process.env.PATH ?? '')
      .split(':')
      .filter(isAbsolute)
      .map((directory) => join(directory, name))
      .find(isExecutable),
});

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
