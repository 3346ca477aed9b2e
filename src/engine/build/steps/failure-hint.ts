import type { RunStep } from '../../../build/plan/types.ts';

const byCode: Readonly<Record<number, string>> = {
  126: 'A program that it names exists but may not be executed: is it executable (chmod +x), and for this processor?',
  127: 'A program that it names is not in the image; a script fails like that, too, when the interpreter in its first line is missing.',
  137: 'It was killed: by something in the step, or because memory ran out.',
  139: 'A program crashed (segmentation fault); programs for another processor or C library do that.',
};

const noAddress =
  /could not resolve|can't resolve|cannot resolve|unable to resolve|failed to resolve|bad address|name resolution|temporary failure resolving|EAI_AGAIN|ENOTFOUND|no such host|name or service not known|nodename nor servname|NXDOMAIN|server misbehaving|unknown host/i;
const noProcess =
  /can't fork|cannot fork|fork: (?:retry: )?resource temporarily unavailable|EAGAIN.*(?:fork|clone|spawn)|(?:fork|clone|spawn).*EAGAIN|pthread_create.*(?:resource temporarily unavailable|EAGAIN)/i;
const refused = /permission denied|EACCES|read-only file system|EROFS/i;

/** Whether a command's output says that a file system is full. Pure. */
export const foundNoSpace = (lines: readonly string[]): boolean =>
  lines.some((line) => /no space left on device|ENOSPC|disk quota exceeded/i.test(line));

/**
 * What to try when the command of a RUN failed, by its exit code and the last lines it wrote. Undefined when there is
 * no hint. Pure.
 */
export function failureHint(step: RunStep, code: number, lines: readonly string[]): string | undefined {
  const said = lines.join('\n');
  if (noAddress.test(said))
    return step.network === 'none'
      ? 'A name could not be looked up: the step has no network (--network=none).'
      : 'A name could not be looked up. Builds are on the default network, not on those of the project; build.network and build.extra_hosts can change that.';
  if (noProcess.test(said))
    return 'It has as many processes as it may have: a command that starts others without end, or a limit (build.ulimits, nproc) that is too low.';
  const caches = step.mounts.filter((mount) => mount.type === 'cache');
  const rooted = caches.find(({ uid }) => uid === 0);
  const isRoot = ['', 'root', '0'].includes(step.user.split(':')[0] ?? '');
  if (refused.test(said) && rooted !== undefined && !isRoot)
    return `The cache mount at ${rooted.target} belongs to root, and the step runs as ${step.user}: set uid= and gid= of the mount.`;
  return byCode[code];
}
