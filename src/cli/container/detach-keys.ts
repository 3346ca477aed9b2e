import { type FlagSpec, flag, type ParsedArgs } from '../command.ts';
import type { CliContext } from '../context.ts';

/** `--detach-keys`, which the docker CLI has. */
export const detachKeysFlag: FlagSpec = {
  name: 'detach-keys',
  type: 'string',
  value: 'KEYS',
  summary: 'Accepted; keys do not detach in this version',
};

/** Says that the flag has no effect, when it was given. */
export function warnOfDetachKeys(ctx: CliContext, args: ParsedArgs): void {
  if (flag.str(args, 'detach-keys') !== undefined)
    ctx.warn(
      '--detach-keys is not carried out: no keys detach in this version',
      'End the command, or close the terminal.',
    );
}
