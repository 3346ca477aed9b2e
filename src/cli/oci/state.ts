import type { Command } from '../arguments/command.ts';
import { containerDirectory, findContainer, rootFlag, statusOf } from './store.ts';

export const command: Command = {
  name: 'state',
  summary: 'Print the state of a container as JSON',
  args: { usage: 'ID', min: 1, max: 1, flags: [rootFlag] },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const { ociVersion, bundle, annotations } = findContainer(directory, id);
    const { status, pid } = await statusOf(directory);
    const state = {
      ociVersion,
      id,
      status,
      ...(pid === 0 ? {} : { pid }),
      bundle,
      ...(annotations ? { annotations } : {}),
    };
    ctx.write(`${JSON.stringify(state, null, 2)}\n`);
    return 0;
  },
};
