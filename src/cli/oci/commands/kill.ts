import { TcomposeError } from '../../../errors.ts';
import { cgroupPids } from '../../../runtime/cgroup/live-cgroup.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { signalProcess } from '../container/spawn-shim.ts';
import { cgroupPathsOf, statusOf } from '../container/status.ts';
import { containerDirectory, findContainer } from '../container/store.ts';
import { signalNumber } from '../signals.ts';

export const command: Command = {
  name: 'kill',
  summary: "Send a signal to a container's first process, SIGTERM by default",
  args: {
    usage: 'ID [SIGNAL]',
    min: 1,
    max: 2,
    flags: [{ name: 'all', short: 'a', type: 'boolean', summary: 'Send it to all processes' }],
  },
  async run(args, ctx) {
    const [id = '', word = 'TERM'] = args.positional;
    const signal = signalNumber(word);
    const directory = containerDirectory(args, ctx, id);
    const container = findContainer(directory, id);
    if (flag.bool(args, 'all')) {
      for (const pid of cgroupPids(cgroupPathsOf(container))) sendTo(pid, signal);
      return 0;
    }
    const { status, process } = await statusOf(directory, container);
    if (process === undefined) {
      const message = `container ${id} is ${status}: there is no process to signal`;
      throw new TcomposeError('RUNTIME_BUNDLE', message, { hint: `To delete it: tcompose oci delete ${id}` });
    }
    await signalProcess(process, signal);
    return 0;
  },
};

/** The process was read from the control group a moment ago; if it has ended meanwhile it needs no signal. */
function sendTo(pid: number, signal: number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
