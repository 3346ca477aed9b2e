import { TcomposeError } from '../../../errors.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { endContainer } from '../container/end.ts';
import { statusOf } from '../container/status.ts';
import { containerDirectory, findContainer, removeContainer } from '../container/store.ts';

export const command: Command = {
  name: 'delete',
  summary: 'Delete a stopped container and everything it held',
  args: {
    usage: 'ID',
    min: 1,
    max: 1,
    flags: [{ name: 'force', short: 'f', type: 'boolean', summary: 'Kill it first if it runs' }],
  },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const force = flag.bool(args, 'force');
    let container: ReturnType<typeof findContainer>;
    try {
      container = findContainer(directory, id);
    } catch (error) {
      if (!force) throw error;
      removeContainer(directory);
      return 0;
    }
    const status = await statusOf(directory, container);
    if (status.status !== 'stopped' && !force) {
      throw new TcomposeError(
        'RUNTIME_BUNDLE',
        `container ${id} is ${status.status} and cannot be deleted: it is not stopped`,
        { hint: `Stop it first, or: tcompose oci delete --force ${id}` },
      );
    }
    await endContainer(ctx, directory, container, status);
    return 0;
  },
};
