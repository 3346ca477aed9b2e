import { connectEngine } from '../../engine/client/connect.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { type EnginePaths, enginePaths } from '../../engine/client/engine-paths.ts';
import { accepts } from '../../engine/client/start-engine.ts';
import { TcomposeError } from '../../errors.ts';
import type { Env } from '../context.ts';

/** Paths of the built-in engine. @throws TcomposeError CLI_USAGE when DOCKER_HOST names another one */
export function ownEnginePaths(env: Env): EnginePaths {
  if (env.DOCKER_HOST)
    throw new TcomposeError(
      'CLI_USAGE',
      `DOCKER_HOST names the engine at ${env.DOCKER_HOST}, which is not ours to manage`,
      {
        hint: 'Unset DOCKER_HOST to manage the built-in engine.',
      },
    );
  return enginePaths(env);
}

/** A client of the built-in engine if it is running; it is never started. */
export async function runningEngine(env: Env): Promise<EngineClient | undefined> {
  const paths = ownEnginePaths(env);
  if (!(await accepts(paths.socket))) return undefined;
  return connectEngine(env, { start: false });
}
