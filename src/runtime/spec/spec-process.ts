import { posix } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { ContainerConfigInput, SpecInput } from './spec-input.ts';

/** Where to look for commands if no PATH is given. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Entrypoint followed by command; both include what the image gives.
 * @throws TcomposeError RUNTIME_NO_COMMAND when there is neither.
 */
export function commandLine({ Entrypoint, Cmd }: ContainerConfigInput): string[] {
  const args = [...list(Entrypoint), ...list(Cmd)];
  if (args.length > 0) return args;
  throw new TcomposeError('RUNTIME_NO_COMMAND', 'no command specified', {
    hint: 'The image names none: give a command, or an entrypoint.',
  });
}

function list(value: readonly string[] | string | null | undefined): readonly string[] {
  if (value === null || value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/**
 * Environment in Docker's order: PATH, HOSTNAME, TERM, then the container's, replacing or following them; a `KEY`
 * without `=` removes the variable. HOME is the user's home (`accountHome`) unless somebody set or removed it.
 */
export function environment(
  input: Pick<SpecInput, 'config' | 'user'>,
  hostname: string,
): {
  readonly variables: string[];
  readonly accountHome: boolean;
} {
  const variables = new Map<string, string>([
    ['PATH', defaultPath],
    ['HOSTNAME', hostname],
  ]);
  if (input.config.Tty === true) variables.set('TERM', 'xterm');
  for (const entry of input.config.Env ?? []) {
    const at = entry.indexOf('=');
    if (at > 0) variables.set(entry.slice(0, at), entry.slice(at + 1));
    else if (at < 0) variables.delete(entry);
  }
  const unset = (input.config.Env ?? []).includes('HOME');
  const accountHome = !variables.has('HOME') && !unset;
  if (accountHome) variables.set('HOME', input.user.home);
  return { variables: [...variables].map(([name, value]) => `${name}=${value}`), accountHome };
}

/** Absolute, without `..`; `/` by default. Throws RUNTIME_MOUNT for a relative one. */
export function workingDirectory(config: ContainerConfigInput): string {
  const directory = config.WorkingDir || '/';
  if (!directory.startsWith('/')) {
    throw new TcomposeError(
      'RUNTIME_MOUNT',
      `the working directory '${directory}' is invalid, it needs to be an absolute path`,
      { hint: `Write it as /${directory}.` },
    );
  }
  const clean = posix.normalize(directory);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
