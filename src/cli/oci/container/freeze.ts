import { TcomposeError } from '../../../errors.ts';
import { setFrozen } from '../../../runtime/cgroup/live-cgroup.ts';
import type { ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { cgroupPathsOf, statusOf } from './status.ts';
import { containerDirectory, findContainer } from './store.ts';

/** `pause` and `resume`. Throws RUNTIME_BUNDLE for a container in another state, or a machine without a freezer. */
export async function freeze(args: ParsedArgs, ctx: CliContext, frozen: boolean): Promise<number> {
  const id = args.positional[0]!;
  const directory = containerDirectory(args, ctx, id);
  const container = findContainer(directory, id);
  const { status } = await statusOf(directory, container);
  const allowed = frozen ? ['created', 'running'] : ['paused'];
  if (!allowed.includes(status)) {
    const what = frozen ? 'paused' : 'resumed';
    throw new TcomposeError('RUNTIME_BUNDLE', `container ${id} is ${status} and cannot be ${what}`);
  }
  if (!(await setFrozen(cgroupPathsOf(container), frozen)))
    throw new TcomposeError('RUNTIME_BUNDLE', 'this machine has no control group that can pause processes');
  return 0;
}
