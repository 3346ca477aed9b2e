import type { ToldBuildEvent } from '../../../engine/client/builds.ts';
import { describeEndpoint } from '../../../engine/client/endpoint.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import type { Env } from '../../context.ts';
import { runBuildx, whyNoBuildx } from './buildx-run.ts';
import { runClassic } from './classic-run.ts';
import type { ForeignBuild, Surroundings } from './types.ts';

/** Builds with an engine that is not tcompose's. */
export interface ForeignBuilder {
  /** How builds are done, in a sentence. */
  readonly way: string;
  run(build: ForeignBuild): AsyncGenerator<ToldBuildEvent>;
}

/** Uses `docker buildx` if it is installed, else the engine's own `POST /build`. */
export async function foreignBuilder(client: EngineClient, around: Surroundings): Promise<ForeignBuilder> {
  const { endpoint } = client.transport;
  const host = describeEndpoint(endpoint);
  // The endpoint that this command uses, whatever a docker context says.
  const env: Env = { ...around.env, DOCKER_HOST: host, DOCKER_CONTEXT: undefined };
  const why = await whyNoBuildx(env);
  if (why === undefined)
    return {
      way: `by docker buildx on the engine at ${host}`,
      run: (build) => runBuildx(build, { ...around, env }),
    };
  return {
    way: `by the classic builder of the engine at ${host}, because ${why}`,
    run: (build) => runClassic(client, build, around),
  };
}
