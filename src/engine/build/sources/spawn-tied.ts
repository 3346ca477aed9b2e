import { type ChildProcess, spawn } from 'node:child_process';

/** The exit code that says that there is no such program. */
export const notInstalled = 127;

/**
 * The program's process group has one that reads a pipe of ours, which nobody writes to: when this process ends, however it does, the
 * pipe ends, and the group is killed.
 */
const script = `command -v "$1" >/dev/null || exit ${notInstalled}
{ read -r _ <&3; kill -KILL -$$; } </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

/**
 * Starts a program that ends with this process, with all that it has started itself.
 * @returns `end`: kills all of them
 */
export function spawnTied(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): { readonly child: ChildProcess; readonly end: () => void } {
  const child = spawn('sh', ['-c', script, 'sh', program, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const end = (): void => void child.stdio[3]?.destroy();
  child.stdio[3]?.on('error', () => {});
  child.on('exit', end);
  return { child, end };
}
