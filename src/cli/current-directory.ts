import { statSync } from 'node:fs';
import { TcomposeError } from '../errors.ts';

/**
 * The working directory as the shell calls it: $PWD if that is correct, including links, else the kernel's path. So a
 * project below a link `current -> releases/7` keeps its name from release to release, as with Docker Compose.
 * @throws TcomposeError CLI_USAGE when the directory was removed under the shell.
 */
export function currentDirectory(env: Readonly<Record<string, string | undefined>>): string {
  let real: string;
  try {
    real = process.cwd();
  } catch (cause) {
    throw new TcomposeError('CLI_USAGE', 'the current directory does not exist any more', {
      cause,
      hint: 'Go to one that does.',
    });
  }
  const named = env.PWD ?? '';
  return named !== real && named.startsWith('/') && isSame(named, real) ? named : real;
}

function isSame(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}
