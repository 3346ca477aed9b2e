import { TcomposeError } from '../../errors.ts';
import { visibleLine } from '../../visible.ts';
import { flag, type ParsedArgs } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { askLine } from './ask-line.ts';

/**
 * Asks a yes/no question on the terminal; any answer but yes means no. Without a terminal the answer is no.
 * @throws TcomposeError CLI_INTERRUPTED on Ctrl+C
 */
export async function confirm(ctx: CliContext, question: string): Promise<boolean> {
  if (ctx.stdin.isTTY !== true) return false;
  const answer = await askLine(ctx, `${visibleLine(question)} [y/N] `);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}

/**
 * Whether a `prune` may continue: with `--force`, or if the answer is yes.
 * @throws TcomposeError CLI_USAGE when nobody can be asked.
 */
export async function confirmPrune(
  ctx: CliContext,
  args: ParsedArgs,
  what: string,
  question: string,
): Promise<boolean> {
  if (flag.bool(args, 'force') || (await confirm(ctx, question))) return true;
  if (ctx.stdin.isTTY === true) return false;
  throw new TcomposeError('CLI_USAGE', `there is no terminal to ask whether ${what} may be removed`, {
    hint: 'Use --force.',
  });
}

/** Which diverged volumes may be recreated: all with --yes, otherwise those that the user agrees to. */
export async function confirmVolumes(
  ctx: CliContext,
  names: readonly string[],
  yes: boolean,
): Promise<ReadonlySet<string>> {
  if (yes) return new Set(names);
  const agreed = new Set<string>();
  for (const name of names)
    if (
      await confirm(
        ctx,
        `Volume ${name} exists but doesn't match the configuration in the compose file. Recreate it (its data will be lost)?`,
      )
    )
      agreed.add(name);
  return agreed;
}
