import type { Command } from '../../arguments/command.ts';
import { statusOf } from '../container/status.ts';
import { containerDirectory, findContainer } from '../container/store.ts';

export const command: Command = {
  name: 'state',
  summary: 'Print the state of a container as JSON',
  args: { usage: 'ID', min: 1, max: 1, flags: [] },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const container = findContainer(directory, id);
    const { status, process } = await statusOf(directory, container);
    const { ociVersion, annotations, root } = container.spec;
    const state = {
      ociVersion,
      id,
      status,
      ...(process === undefined ? {} : { pid: process.pid }),
      bundle: container.bundle,
      rootfs: root.path,
      created: container.created,
      ...(annotations ? { annotations } : {}),
    };
    ctx.write(`${JSON.stringify(state, null, 2)}\n`);
    return 0;
  },
};
