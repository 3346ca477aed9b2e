import type { CliContext } from './context.ts';

/**
 * Ends a command that only shows something after an interrupt; the prompt must not follow the terminal's ^C on the same
 * line.
 */
export function leave(ctx: Pick<CliContext, 'stderr' | 'exit'>): never {
  if (ctx.stderr.isTTY === true) ctx.stderr.write('\n');
  return ctx.exit(130);
}
