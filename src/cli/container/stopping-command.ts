import type { EngineClient } from '../../engine/client/engine-client.ts';
import { type Command, flag } from '../arguments/command.ts';
import { sharedFlags } from '../arguments/flags.ts';
import { forEachTarget } from '../targets.ts';

/**
 * A command that stops containers, each with its own timeout or within `--timeout` seconds, and does what `act` does
 * besides.
 */
export const stoppingCommand = (
  name: string,
  summary: string,
  act: (client: EngineClient, container: string, timeout: number | undefined) => Promise<unknown>,
): Command => ({
  name,
  summary,
  args: {
    usage: 'CONTAINER [CONTAINER...]',
    min: 1,
    flags: [{ ...sharedFlags.timeout, aliases: ['time'] }],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    return forEachTarget(ctx, args.positional, (container) =>
      act(client, container, flag.num(args, 'timeout')),
    );
  },
});
