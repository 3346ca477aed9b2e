import { type Command, flag } from '../../arguments/command.ts';
import { readBundle } from '../bundle/bundle.ts';
import { inheritsStdio, runToEnd } from '../container/attached.ts';
import { endContainer } from '../container/end.ts';
import { runLateHooks } from '../container/hooks.ts';
import { failureOf, launchContainer } from '../container/launch.ts';
import { containerDirectory } from '../container/store.ts';
import { bundleArgs } from '../flags.ts';
import { command as start } from './start.ts';

export const command: Command = {
  name: 'run',
  summary: 'Run a container from an OCI bundle; without --detach, delete it afterwards',
  args: {
    ...bundleArgs,
    flags: [
      ...bundleArgs.flags,
      { name: 'detach', short: 'd', type: 'boolean', summary: 'Exit once its command runs' },
      { name: 'keep', type: 'boolean', summary: 'Do not delete the container when it has ended' },
    ],
  },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const detach = flag.bool(args, 'detach');
    const bundle = flag.str(args, 'bundle') ?? '.';
    const tty = readBundle(bundle, ctx.cwd).spec.process.terminal ?? false;
    const consoleSocket = flag.str(args, 'console-socket');
    const inherits = detach || consoleSocket !== undefined || inheritsStdio(ctx, tty);
    const { shim, container, pid } = await launchContainer(ctx, {
      id,
      directory,
      bundle,
      pidFile: flag.str(args, 'pid-file'),
      noPivot: flag.bool(args, 'no-pivot'),
      caller: inherits
        ? {
            outlives: detach,
            preserveFds: flag.num(args, 'preserve-fds') ?? 0,
            ...(consoleSocket === undefined ? {} : { consoleSocket }),
          }
        : undefined,
    });
    if (detach) {
      shim.close();
      return await start.run({ ...args, positional: [id] }, ctx);
    }
    try {
      const state = await runToEnd(ctx, shim, {
        tty,
        pumped: !inherits,
        started: () => runLateHooks(ctx, container, 'poststart', pid),
      });
      if (state?.type === 'exited') return state.code;
      throw failureOf(state, container.spec.process.args, container.spec.process.cwd);
    } finally {
      shim.close();
      if (!flag.bool(args, 'keep'))
        await endContainer(ctx, directory, container, { status: 'stopped', process: undefined });
    }
  },
};
