import type { CliContext } from './context.ts';

/** Ends a command that only shows something at an interrupt; the prompt is not to stand behind the terminal's ^C. */
export function leave(ctx: Pick<CliContext, 'stderr' | 'exit'>): never {
  if (ctx.stderr.isTTY === true) ctx.stderr.write('\n');
  return ctx.exit(130);
}
