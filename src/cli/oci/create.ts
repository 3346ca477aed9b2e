import { type Command, flag } from '../command.ts';
import { createContainer } from './create-container.ts';
import { containerDirectory, rootFlag } from './store.ts';

export const command: Command = {
  name: 'create',
  summary:
    'Set up a container from an OCI bundle; its command waits for `start`, its output goes to a log file',
  args: {
    usage: 'ID',
    min: 1,
    max: 1,
    flags: [
      rootFlag,
      {
        name: 'bundle',
        short: 'b',
        type: 'string',
        value: 'DIR',
        summary: 'Bundle (default: this directory)',
      },
      { name: 'pid-file', type: 'string', value: 'FILE', summary: 'File to write the pid to' },
    ],
  },
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
