import { TcomposeError } from '../../errors.ts';
import { connectShim } from '../../runtime/shim/shim-client.ts';
import { type Command, flag } from '../arguments/command.ts';
import { containerDirectory, findContainer, removeContainer, rootFlag, statusOf } from './store.ts';

const sigkill = 9;

export const command: Command = {
  name: 'delete',
  summary: 'Forget a stopped container and all it held',
  args: {
    usage: 'ID',
    min: 1,
    max: 1,
    flags: [rootFlag, { name: 'force', short: 'f', type: 'boolean', summary: 'Kill it first if it runs' }],
  },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const force = flag.bool(args, 'force');
    try {
      findContainer(directory, id);
    } catch (error) {
      if (force) return 0;
      throw error;
    }
    const { status, state } = await statusOf(directory);
    if (status !== 'stopped' && !force) {
      throw new TcomposeError('RUNTIME_BUNDLE', `container ${id} is ${status} and cannot be deleted`, {
        hint: `Stop it first, or: tcompose oci delete --force ${id}`,
      });
    }
    if (state !== undefined) await endShim(directory);
    removeContainer(directory);
    return 0;
  },
};

/** Kills what still runs, waits for its end and lets the shim go. */
async function endShim(directory: string): Promise<void> {
  const shim = await connectShim(directory);
  const over = new Promise<void>((resolve) => {
    shim.onState((state) => {
      if (state.type === 'exited' || state.type === 'failed') resolve();
      else void shim.signal(sigkill).catch(() => undefined);
    });
    shim.onClose(() => resolve());
  });
  await over;
  await shim.reap();
  shim.close();
}
