import { constants } from 'node:os';
import type { ShimAttachment } from '../../runtime/shim/attach.ts';
import type { ShimConnection } from '../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../runtime/shim/shim-messages.ts';
import { type Command, flag } from '../arguments/command.ts';
import { followTerminalSize, readStandardInput } from '../attach/standard-streams.ts';
import type { CliContext } from '../context.ts';
import { bundleArgs } from './bundle-args.ts';
import { createContainer, failureOf } from './create-container.ts';
import { containerDirectory, removeContainer } from './store.ts';

export const command: Command = {
  name: 'run',
  summary: 'Run a container from an OCI bundle, attached; nothing of it is left afterwards',
  args: bundleArgs,
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const { shim, tty } = await createContainer(ctx, {
      id,
      directory,
      bundle: flag.str(args, 'bundle') ?? '.',
      pidFile: flag.str(args, 'pid-file'),
      log: false,
    });
    try {
      return await runAttached(ctx, shim, tty);
    } finally {
      shim.close();
      removeContainer(directory);
    }
  },
};

async function runAttached(ctx: CliContext, shim: ShimConnection, tty: boolean): Promise<number> {
  const attachment = await shim.attach({ stdin: true, stdout: true, stderr: true });
  attachment.onOutput((stream, bytes) => {
    const target = stream === 'stderr' ? ctx.stderr : ctx.stdout;
    if (target.write(bytes)) return;
    attachment.pause();
    target.once('drain', () => attachment.resume());
  });
  const over = endOf(shim);
  const releases = [
    ctx.onInterrupt((_count, signal) => void shim.signal(constants.signals[signal]).catch(() => undefined)),
    feedInput(ctx, attachment, tty),
    tty && ctx.stdout.isTTY === true
      ? followTerminalSize(ctx, (rows, columns) => shim.resize(rows, columns))
      : () => undefined,
  ];
  try {
    await shim.start();
    const state = await over;
    await attachment.ended;
    if (state?.type === 'exited') return state.code;
    throw failureOf(state, [], '');
  } finally {
    for (const release of releases) release();
    attachment.close();
    await shim.reap();
  }
}

function endOf(shim: ShimConnection): Promise<ShimState | undefined> {
  return new Promise((resolve) => {
    shim.onState((state) => {
      if (state.type === 'exited' || state.type === 'failed') resolve(state);
    });
    shim.onClose(() => resolve(undefined));
  });
}

function feedInput(ctx: CliContext, attachment: ShimAttachment, tty: boolean): () => void {
  return readStandardInput(ctx, tty, {
    data: (bytes) => {
      ctx.stdin.pause();
      attachment.write(bytes).then(
        () => ctx.stdin.resume(),
        () => undefined,
      );
    },
    end: () => attachment.endStdin(),
  });
}
