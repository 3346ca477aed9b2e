import { TcomposeError, TcomposeErrors } from '../errors.ts';
import type { CliContext } from './context.ts';

/**
 * Acts on several targets at once and prints, in the given order, the name of each that succeeded.
 * @throws TcomposeErrors of the others
 */
export async function forEachTarget(
  ctx: CliContext,
  names: readonly string[],
  work: (name: string) => Promise<unknown>,
): Promise<number> {
  const outcomes = await Promise.allSettled(
    [...new Set(names)].map(async (name) => {
      await work(name);
      return name;
    }),
  );
  const errors: TcomposeError[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') ctx.write(`${outcome.value}\n`);
    else if (outcome.reason instanceof TcomposeError) errors.push(outcome.reason);
    else throw outcome.reason;
  }
  if (errors.length > 0) throw new TcomposeErrors(errors);
  return 0;
}
