import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { goOnAfterBreak } from '../../attach/after-break.ts';
import { pipeStreams } from '../../attach/pipe-streams.ts';
import type { CliContext } from '../../context.ts';
import { proxySignals } from './proxy-signals.ts';

interface AttachOptions {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly sigProxy: boolean;
  readonly detachKeys?: string;
  /** Called when the streams are connected, before anything is awaited. */
  readonly connected?: () => Promise<void>;
}

/** Attaches to a container until it ends. @returns its exit code; 0 when it keeps running */
export async function attachTo(
  ctx: CliContext,
  client: EngineClient,
  id: string,
  options: AttachOptions,
): Promise<number> {
  const connection = await client.containers.attach(id, {
    stdin: options.stdin,
    stdout: true,
    stderr: true,
    ...(options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys }),
  });
  const release =
    options.sigProxy && !options.tty
      ? proxySignals((signal) => client.containers.kill(id, signal))
      : () => {};
  try {
    await options.connected?.();
    await pipeStreams(ctx, connection, {
      tty: options.tty,
      stdin: options.stdin,
      resize: (rows, columns) => client.containers.resize(id, rows, columns),
    });
  } finally {
    release();
    connection.socket.destroy();
  }
  const since = (Date.now() / 1000).toFixed(9);
  const { Name, State } = await client.containers.inspect(id);
  if (!State.Running) return State.ExitCode;
  // As far as can be told, the detach keys were typed.
  if (options.tty || options.stdin) return 0;
  return goOnAfterBreak(ctx, client, { id, name: Name.slice(1), tty: false, from: { since } });
}
