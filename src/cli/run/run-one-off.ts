import { isBrokenConnection, tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import { withPortHolder } from '../../project/execute/taken-port.ts';
import { goOnAfterBreak } from '../attach/after-break.ts';
import { pipeStreams } from '../attach/pipe-streams.ts';
import { exitCodes, startFailureCode } from '../container/attach/start-failure.ts';
import type { CliContext } from '../context.ts';

interface OneOffRun {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly tty: boolean;
  readonly interactive: boolean;
  readonly detach: boolean;
  /** Remove the container after it has ended. */
  readonly remove: boolean;
}

/**
 * Starts a created one-off container and, unless detached, connects its input and output until it ends; the exit code
 * is the command's. Signals are passed on, a third one kills. A container that could not be started is removed.
 */
export async function runOneOff(ctx: CliContext, client: EngineClient, run: OneOffRun): Promise<number> {
  const { id, service, tty, interactive } = run;
  let started = false;
  const start = async () => {
    await client.containers.start(id);
    started = true;
  };
  const release = ctx.onInterrupt((count, signal) => {
    void (count > 2 ? client.containers.kill(id) : client.containers.kill(id, signal)).catch(() => undefined);
  });
  try {
    if (run.detach) {
      await start();
      ctx.write(`${run.id}\n`);
      return 0;
    }
    const connection = await client.containers.attach(id, {
      stdin: interactive,
      stdout: true,
      stderr: true,
    });
    // Subscribed before the start, so that the exit code of a command that ends at once is not missed.
    const ended = client.containers.wait(id, 'next-exit');
    ended.catch(() => undefined);
    await start();
    const received = await pipeStreams(ctx, connection, {
      tty,
      stdin: interactive,
      resize: (rows, columns) => client.containers.resize(id, rows, columns),
    });
    return await ended.then(
      ({ StatusCode }) => StatusCode,
      (failure) => {
        if (!isBrokenConnection(failure)) throw failure;
        return goOnAfterBreak(ctx, client, { id, name: run.name, tty, from: received });
      },
    );
  } catch (failure) {
    const error = await withPortHolder(client, failure);
    if (error instanceof TcomposeError && error.code === 'ENGINE_API') {
      // A command that can't be executed gets the code that a shell or an init would return.
      const code = await startFailureCode(client, id, error);
      throw new TcomposeError('PROJECT_STEP', `cannot run ${service}: ${error.message}`, {
        cause: error.cause,
        exitCode: code === exitCodes.engine ? error.exitCode : code,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
    throw error;
  } finally {
    release();
    if (!started || (run.remove && !run.detach))
      await tolerate(client.containers.remove(id, { force: true, volumes: true }), 404);
  }
}
