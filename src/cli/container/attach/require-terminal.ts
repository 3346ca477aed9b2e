import { TcomposeError } from '../../../errors.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';

/** Only a terminal can be passed through as a terminal. @throws TcomposeError CLI_USAGE for -it without a terminal */
export function requireTerminal(ctx: CliContext, args: ParsedArgs): void {
  if (!flag.bool(args, 'tty') || !flag.bool(args, 'interactive') || ctx.stdin.isTTY === true) return;
  throw new TcomposeError('CLI_USAGE', 'the input device is not a TTY', {
    hint: 'Leave --tty out when standard input is a pipe or a file.',
  });
}
