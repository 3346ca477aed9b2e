import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { detectCgroups } from '../../../runtime/cgroup/cgroup-layout.ts';

/**
 * Value of $TCOMPOSE_CGROUP for the control group in which the engine is started: whoever starts it has had the group
 * made for it.
 */
export const ownGroupWord = 'own';

/**
 * Seconds between SIGTERM and SIGKILL when the scope ends: the time that a container gets by default, and some more for
 * the engine. The first process of many containers ignores SIGTERM, and must not hold up a logout for long.
 */
const stopSeconds = 15;

/** What decides whether to ask a user's systemd for a control group. */
export interface Session {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of /proc/self/mountinfo. */
  readonly mountinfo: string;
  /** Whether a path exists. */
  readonly exists: (path: string) => boolean;
  /** Path of a program in $PATH; undefined if there is none. */
  readonly program: (name: string) => string | undefined;
}

/**
 * A command to put before the engine's own, with which the user's systemd gives it a scope whose control group the user
 * may divide (systemd.resource-control(5), `Delegate=`); empty if systemd can't be asked, or the user has named a
 * group. systemd-run makes the scope, and executes the command in its own place. When the machine shuts down, the
 * service that stops containers gracefully is stopped before this scope. Pure.
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
    ...['--property=Delegate=yes', '--property=Before=tcompose.service'],
    ...[`--property=TimeoutStopSec=${stopSeconds}`, description, '--'],
  ];
}

/** Whether the user's systemd is reachable. */
export function hasUserBus(env: Session['env'], exists: Session['exists']): boolean {
  const directory = env.XDG_RUNTIME_DIR;
  if (directory === undefined || !isAbsolute(directory)) return false;
  return exists(join(directory, 'bus')) || exists(join(directory, 'systemd/private'));
}

/** The message when the user's systemd has refused a scope; `said` is what systemd-run printed. */
export function scopeRefused(said: string): string {
  const why = said.split('\n').at(-1) || 'it gave no reason';
  return `systemd has given the engine no control group (${why}): limits on memory, CPU and processes may not hold`;
}

/** The session of this process. */
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
