import { statusOf } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import type { Received } from './pipe-streams.ts';

interface BrokenRun {
  readonly id: string;
  readonly name: string;
  readonly tty: boolean;
  /**
   * Where the output continues: after what the connection has delivered since the container's start, or from a point in
   * time (Unix seconds).
   */
  readonly from: Received | { readonly since: string };
  /** Streams to show; absent: both. */
  readonly streams?: readonly string[];
}

/**
 * For when the engine died but the container keeps running: shows its further output through the next engine, and waits
 * for its end. Standard input can't be reconnected. Resolves to the exit code.
 */
export async function goOnAfterBreak(ctx: CliContext, client: EngineClient, run: BrokenRun): Promise<number> {
  const { id, name, tty, from } = run;
  ctx.warn(
    `the engine ended while ${name} ran; it keeps running under the next engine, without its standard input`,
  );
  const ended = client.containers.wait(id);
  ended.catch(() => undefined);
  const skip = 'since' in from ? { stdout: 0, stderr: 0 } : { ...from };
  const options = { follow: true, tty, notices: false, ...('since' in from ? from : {}) };
  try {
    for await (const { stream, bytes } of client.containers.logs(id, options)) {
      const fresh = bytes.subarray(Math.min(skip[stream], bytes.length));
      skip[stream] -= bytes.length - fresh.length;
      if (fresh.length === 0 || run.streams?.includes(stream) === false) continue;
      const target = stream === 'stderr' ? ctx.stderr : ctx.stdout;
      if (!target.write(fresh)) await new Promise((resolve) => target.once('drain', resolve));
    }
    return (await ended).StatusCode;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new TcomposeError(
      'ENGINE_UNREACHABLE',
      `the engine ended while ${name} ran, and it has been removed since: its exit code and its last output are lost`,
      { cause: error },
    );
  }
}
