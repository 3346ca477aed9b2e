import { TcomposeError } from '../../errors.ts';
import { connectShim } from '../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../runtime/shim/shim-messages.ts';
import type { Command } from '../arguments/command.ts';
import { readBundle } from './bundle.ts';
import { failureOf } from './create-container.ts';
import { containerDirectory, findContainer, rootFlag, statusOf } from './store.ts';

export const command: Command = {
  name: 'start',
  summary: 'Run the command of a created container',
  args: { usage: 'ID', min: 1, max: 1, flags: [rootFlag] },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const container = findContainer(directory, id);
    const { status } = await statusOf(directory);
    if (status !== 'created') {
      throw new TcomposeError('RUNTIME_BUNDLE', `container ${id} is ${status} and cannot be started`, {
        hint: 'Only a created container can be; delete it and create it anew.',
      });
    }
    const shim = await connectShim(directory);
    const outcome = new Promise<ShimState | undefined>((resolve) => {
      shim.onState((state) => {
        if (state.type !== 'created') resolve(state);
      });
      shim.onClose(() => resolve(undefined));
    });
    await shim.start();
    const state = await outcome;
    shim.close();
    if (state?.type === 'started' || state?.type === 'exited') return 0;
    const { spec } = readBundle(container.bundle, ctx.cwd);
    throw failureOf(state, spec.process.args, spec.process.cwd);
  },
};
