import { TcomposeError } from '../errors.ts';
import type { Command } from './arguments/command.ts';

/** The error for a feature of Compose that tcompose does not have yet. */
export const notYet = (what: string, hint?: string): TcomposeError =>
  new TcomposeError(
    'CLI_NOT_YET',
    `${what} is not available in this version of tcompose`,
    hint === undefined ? {} : { hint },
  );

/** A command that only says that it is not available yet; it accepts any arguments, so that this sentence is always shown. */
export const notYetCommand = (name: string, summary: string, hint?: string): Command => ({
  name,
  summary,
  args: { flags: [], passThroughAfter: 0 },
  run() {
    throw notYet(`\`tcompose ${name}\``, hint);
  },
});
