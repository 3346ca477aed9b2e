import { type Command, flag } from '../../arguments/command.ts';
import { launchContainer } from '../container/launch.ts';
import { containerDirectory } from '../container/store.ts';
import { bundleArgs } from '../flags.ts';

export const command: Command = {
  name: 'create',
  summary:
    'Set up a container from an OCI bundle; its command waits for `start` and inherits the stdio of this command',
  args: bundleArgs,
  async run(args, ctx) {
    const id = args.positional[0]!;
    const consoleSocket = flag.str(args, 'console-socket');
    const { shim } = await launchContainer(ctx, {
      id,
      directory: containerDirectory(args, ctx, id),
      bundle: flag.str(args, 'bundle') ?? '.',
      pidFile: flag.str(args, 'pid-file'),
      noPivot: flag.bool(args, 'no-pivot'),
      caller: {
        outlives: true,
        preserveFds: flag.num(args, 'preserve-fds') ?? 0,
        ...(consoleSocket === undefined ? {} : { consoleSocket }),
      },
    });
    shim.close();
    return 0;
  },
};
