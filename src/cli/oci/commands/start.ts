import { TcomposeError } from '../../../errors.ts';
import type { ShimState } from '../../../runtime/shim/shim-messages.ts';
import type { Command } from '../../arguments/command.ts';
import { runLateHooks } from '../container/hooks.ts';
import { failureOf } from '../container/launch.ts';
import { connectIfThere, statusOf } from '../container/status.ts';
import { containerDirectory, findContainer } from '../container/store.ts';

export const command: Command = {
  name: 'start',
  summary: 'Run the command of a created container',
  args: { usage: 'ID', min: 1, max: 1, flags: [] },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const container = findContainer(directory, id);
    const { status, process } = await statusOf(directory, container);
    const shim = status === 'created' ? await connectIfThere(directory) : undefined;
    if (shim === undefined) {
      throw new TcomposeError('RUNTIME_BUNDLE', `container ${id} is ${status} and cannot be started`, {
        hint: 'Only a created container can be; delete it and create it again.',
      });
    }
    const outcome = new Promise<ShimState | undefined>((resolve) => {
      shim.onState((state) => {
        if (state.type !== 'created') resolve(state);
      });
      shim.onClose(() => resolve(undefined));
    });
    await shim.start();
    const state = await outcome;
    shim.close();
    if (state?.type !== 'started' && state?.type !== 'exited') {
      const { args: words, cwd } = container.spec.process;
      throw failureOf(state, words, cwd);
    }
    await runLateHooks(ctx, container, 'poststart', process?.pid);
    return 0;
  },
};
