import { constants } from 'node:os';
import type { ShimAttachment } from '../../../runtime/shim/attach.ts';
import type { ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../../runtime/shim/shim-messages.ts';
import { followTerminalSize, readStandardInput } from '../../attach/standard-streams.ts';
import type { CliContext } from '../../context.ts';

/**
 * Whether a command can simply inherit this process's stdio: a terminal has to be pumped between ours and the
 * command's, and so do streams without descriptors.
 */
export function inheritsStdio(ctx: CliContext, tty: boolean): boolean {
  const streams: readonly object[] = [ctx.stdin, ctx.stdout, ctx.stderr];
  return !tty && streams.every((stream, index) => 'fd' in stream && stream.fd === index);
}

/**
 * Starts the command and waits for its end; signals are passed to it. Returns the final state, undefined when its shim
 * was lost.
 */
export async function runToEnd(
  ctx: CliContext,
  shim: ShimConnection,
  options: { readonly tty: boolean; readonly pumped: boolean; readonly started: () => Promise<void> },
): Promise<ShimState | undefined> {
  const { tty, pumped } = options;
  const attachment = pumped ? await shim.attach({ stdin: true, stdout: true, stderr: true }) : undefined;
  attachment?.onOutput((stream, bytes) => {
    const target = stream === 'stderr' ? ctx.stderr : ctx.stdout;
    if (target.write(bytes)) return;
    attachment.pause();
    target.once('drain', () => attachment.resume());
  });
  const { begun, over } = watch(shim);
  const releases = [
    ctx.onInterrupt((_count, signal) => void shim.signal(constants.signals[signal]).catch(() => undefined)),
    attachment === undefined ? () => undefined : feedInput(ctx, attachment, tty),
    tty && ctx.stdout.isTTY === true
      ? followTerminalSize(ctx, (rows, columns) => shim.resize(rows, columns))
      : () => undefined,
  ];
  try {
    await shim.start();
    if (await begun) await options.started();
    const state = await over;
    await attachment?.ended;
    return state;
  } finally {
    for (const release of releases) release();
    attachment?.close();
    await shim.reap();
  }
}

/** `begun`: whether the command was executed; `over`: the last state. */
function watch(shim: ShimConnection) {
  let tellBegun: (ran: boolean) => void = () => undefined;
  const begun = new Promise<boolean>((resolve) => {
    tellBegun = resolve;
  });
  const over = new Promise<ShimState | undefined>((resolve) => {
    shim.onState((state) => {
      if (state.type !== 'created') tellBegun(state.type !== 'failed');
      if (state.type === 'exited' || state.type === 'failed') resolve(state);
    });
    shim.onClose(() => {
      tellBegun(false);
      resolve(undefined);
    });
  });
  return { begun, over };
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
