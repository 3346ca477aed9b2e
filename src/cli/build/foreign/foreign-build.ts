import type { ToldBuildEvent } from '../../../engine/client/builds.ts';
import { describeEndpoint } from '../../../engine/client/endpoint.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import type { Env } from '../../context.ts';
import { runBuildx, whyNoBuildx } from './buildx-run.ts';
import { runClassic } from './classic-run.ts';
import type { ForeignBuild, Surroundings } from './types.ts';

/** Has another engine build. */
export interface ForeignBuilder {
  /** Which way builds go, in a sentence. */
  readonly way: string;
  run(build: ForeignBuild): AsyncGenerator<ToldBuildEvent>;
}

/** `docker buildx` where it is installed, else the engine's own `POST /build`. */
export async function foreignBuilder(client: EngineClient, around: Surroundings): Promise<ForeignBuilder> {
  const { endpoint } = client.transport;
  const host = describeEndpoint(endpoint);
  // The endpoint that this command talks to, whatever a context of docker's says.
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
