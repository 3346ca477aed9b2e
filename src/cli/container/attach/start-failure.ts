import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';

/** Exit codes of `docker run` and `docker exec` for failures other than the command's own. */
export const exitCodes = { engine: 125, notExecutable: 126, notFound: 127 } as const;

/** The error with the exit code that `docker run` uses for failures before the command runs. */
export function withExitCode(error: unknown, exitCode: number): unknown {
  if (!(error instanceof TcomposeError)) return error;
  return new TcomposeError(error.code, error.message, {
    exitCode,
    cause: error.cause,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.where === undefined ? {} : { where: error.where }),
  });
}

/** 126 or 127 when the container's command could not be executed, according to its state; else 125. */
export async function startFailureCode(client: EngineClient, id: string, error: unknown): Promise<number> {
  const state = await client.containers.inspect(id).then(
    (container) => container.State.ExitCode,
    () => 0,
  );
  if (state === exitCodes.notExecutable || state === exitCodes.notFound) return state;
  return execFailureCode(error);
}

/** The same, judged by the engine's message, for a container or an exec that is gone. */
export function execFailureCode(error: unknown): number {
  const message = error instanceof Error ? error.message : '';
  if (/executable file not found|no such file or directory/i.test(message)) return exitCodes.notFound;
  if (/permission denied|is a directory|exec format error/i.test(message)) return exitCodes.notExecutable;
  return exitCodes.engine;
}
