import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { attachTo } from './attach/attach-running.ts';
import { defaultDetachKeys, detachKeysFlag } from './attach/detach-keys.ts';

export const command: Command = {
  name: 'attach',
  summary: 'Attach this terminal to a running container',
  args: {
    usage: 'CONTAINER',
    min: 1,
    max: 1,
    flags: [
      detachKeysFlag,
      { name: 'no-stdin', type: 'boolean', summary: 'Do not connect standard input' },
      { name: 'sig-proxy', type: 'boolean', summary: 'Forward signals to the command (default true)' },
    ],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    const found = await client.containers.inspect(args.positional[0]!);
    if (!found.State.Running)
      throw new TcomposeError('CLI_USAGE', `container ${found.Name.slice(1)} is not running`, {
        hint: `Start it with \`tcompose container start ${found.Name.slice(1)}\`.`,
      });
    return attachTo(ctx, client, found.Id, {
      tty: found.Config.Tty === true,
      stdin: !flag.bool(args, 'no-stdin') && found.Config.OpenStdin === true,
      sigProxy: flag.bool(args, 'sig-proxy', true),
      detachKeys: flag.str(args, 'detach-keys') ?? defaultDetachKeys,
    });
  },
};
