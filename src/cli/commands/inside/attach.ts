import { observeContainers } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { goOnAfterBreak } from '../../attach/after-break.ts';
import { pipeStreams } from '../../attach/pipe-streams.ts';
import { defaultDetachKeys } from '../../container/attach/detach-keys.ts';
import { scopeOf, theRunningContainer } from '../../project.ts';

export const command: Command = {
  name: 'attach',
  summary: "Attach this terminal to a service's running container",
  args: {
    usage: 'SERVICE',
    min: 1,
    max: 1,
    flags: [
      {
        name: 'detach-keys',
        type: 'string',
        value: 'KEYS',
        summary: 'Keys that detach (default ctrl-p,ctrl-q)',
      },
      sharedFlags.index,
      { name: 'no-stdin', type: 'boolean', summary: 'Do not connect standard input' },
      { name: 'sig-proxy', type: 'boolean', summary: 'Forward signals to the process (default true)' },
    ],
  },
  async run(args, ctx) {
    const [service = ''] = args.positional;
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const found = theRunningContainer(
      scope,
      await observeContainers(client, scope.name),
      service,
      flag.num(args, 'index'),
    );
    const inspected = await client.containers.inspect(found.id);
    const tty = inspected.Config.Tty === true;
    const stdin = !flag.bool(args, 'no-stdin') && inspected.Config.OpenStdin === true;
    const keys = flag.str(args, 'detach-keys') ?? defaultDetachKeys;
    const connection = await client.containers.attach(found.id, {
      stdin,
      stdout: true,
      stderr: true,
      detachKeys: keys,
    });
    const release = flag.bool(args, 'sig-proxy', true)
      ? ctx.onInterrupt(
          (_count, signal) => void client.containers.kill(found.id, signal).catch(() => undefined),
        )
      : () => {};
    await pipeStreams(ctx, connection, {
      tty,
      stdin,
      resize: (rows, columns) => client.containers.resize(found.id, rows, columns),
    });
    release();
    const since = (Date.now() / 1000).toFixed(9);
    const { State } = await client.containers.inspect(found.id);
    if (!State.Running) return State.ExitCode;
    // As far as can be told, the detach keys were typed.
    if (tty || stdin) return 0;
    return goOnAfterBreak(ctx, client, { id: found.id, name: found.name, tty, from: { since } });
  },
};
