import { TcomposeError, TcomposeErrors } from '../errors.ts';
import type { CliContext } from './context.ts';

/**
 * Does something to each of several things at once and prints, in the order given, the name of each that went well.
 * @throws TcomposeErrors with what went wrong for the others
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
