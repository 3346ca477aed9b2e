import { type Command, flag } from '../arguments/command.ts';
import { bundleArgs } from './bundle-args.ts';
import { createContainer } from './create-container.ts';
import { containerDirectory } from './store.ts';

export const command: Command = {
  name: 'create',
  summary:
    'Set up a container from an OCI bundle; its command waits for `start`, its output goes to a log file',
  args: bundleArgs,
  async run(args, ctx) {
    const id = args.positional[0]!;
    const { shim } = await createContainer(ctx, {
      id,
      directory: containerDirectory(args, ctx, id),
      bundle: flag.str(args, 'bundle') ?? '.',
      pidFile: flag.str(args, 'pid-file'),
      log: true,
    });
    shim.close();
    return 0;
  },
};
