import { TcomposeError } from '../../errors.ts';
import { connectShim } from '../../runtime/shim/shim-client.ts';
import type { Command } from '../arguments/command.ts';
import { signalNumber } from './signals.ts';
import { containerDirectory, findContainer, rootFlag, statusOf } from './store.ts';

export const command: Command = {
  name: 'kill',
  summary: "Send a signal to a container's first process, SIGTERM by default",
  args: { usage: 'ID [SIGNAL]', min: 1, max: 2, flags: [rootFlag] },
  async run(args, ctx) {
    const [id = '', word = 'TERM'] = args.positional;
    const signal = signalNumber(word);
    const directory = containerDirectory(args, ctx, id);
    findContainer(directory, id);
    const { status } = await statusOf(directory);
    if (status !== 'running' && status !== 'created') {
      throw new TcomposeError(
        'RUNTIME_BUNDLE',
        `container ${id} is ${status}: there is no process to signal`,
        {
          hint: `To forget it: tcompose oci delete ${id}`,
        },
      );
    }
    const shim = await connectShim(directory);
    await shim.signal(signal);
    shim.close();
    return 0;
  },
};
