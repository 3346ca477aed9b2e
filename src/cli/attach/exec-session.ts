import { tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { pipeStreams } from './pipe-streams.ts';

/** A command to run in a running container. */
interface ExecSession {
  readonly words: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  /** Start it and return. */
  readonly detach: boolean;
  readonly privileged: boolean;
  /** `K=V`. */
  readonly environment: readonly string[];
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  /** Keys that detach the terminal while the command continues; absent for none. */
  readonly detachKeys?: string;
  /** [rows, columns]; only with a tty. */
  readonly consoleSize: readonly [number, number] | undefined;
}

/**
 * Creates an exec and returns the function that runs it: attached to this process's streams until it ends, returning
 * its exit code, or, detached, until it is started, returning 0.
 */
export async function createExec(
  ctx: CliContext,
  client: EngineClient,
  container: string,
  session: ExecSession,
): Promise<() => Promise<number>> {
  const { tty, stdin, detach, environment, user, workdir, consoleSize } = session;
  const { Id: id } = await client.exec.create(container, {
    Cmd: session.words,
    Tty: tty,
    AttachStdin: stdin,
    AttachStdout: !detach,
    AttachStderr: !detach,
    Privileged: session.privileged,
    ...(environment.length === 0 ? {} : { Env: environment }),
    ...(user === undefined ? {} : { User: user }),
    ...(workdir === undefined ? {} : { WorkingDir: workdir }),
    ...(session.detachKeys === undefined ? {} : { DetachKeys: session.detachKeys }),
    ...(tty && consoleSize !== undefined ? { ConsoleSize: consoleSize } : {}),
  });
  return async () => {
    if (detach) {
      await client.exec.startDetached(id, { tty });
      return 0;
    }
    await pipeStreams(ctx, await client.exec.start(id, { tty }), {
      tty,
      stdin,
      resize: (rows, columns) => client.exec.resize(id, rows, columns),
    });
    const ended = await tolerate(client.exec.inspect(id), 404);
    if (ended === undefined)
      throw new TcomposeError(
        'ENGINE_UNREACHABLE',
        `the engine ended while the command ran: its exit code and what it printed since are lost`,
        {
          hint: 'The container keeps running. Check whether the command still runs in it before you run it again.',
        },
      );
    return ended.ExitCode ?? 0;
  };
}
