import { TcomposeError } from '../../../errors.ts';

/** `nofile=1024:2048`, in the form of HostConfig. @throws TcomposeError BUILD_CONTEXT */
export function parseUlimit(text: string): {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
} {
  const [, name, soft, hard] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === undefined || soft === undefined)
    throw new TcomposeError('BUILD_CONTEXT', `invalid ulimit argument: ${text}`, {
      hint: 'A limit looks like nofile=1024 or nofile=1024:2048.',
    });
  return { Name: name, Soft: Number(soft), Hard: Number(hard ?? soft) };
}
