import type { BuildPlan } from '../../../build/plan/types.ts';
import type { BuildClient } from '../../build/build-client.ts';
import type { Engine } from '../../context.ts';
import { type Agents, openAgents } from '../session/agents.ts';
import { registryIdentity } from '../session/registry-identity.ts';
import { bringSecrets } from '../session/secrets.ts';
import type { OpenedBuild } from './open-build.ts';
import type { TakeTree } from './outputs.ts';

/** Answers the questions of a build whose client has a session. */
export interface SessionClient {
  readonly client: BuildClient;
  readonly release: () => Promise<void>;
}

export async function sessionClient(
  engine: Engine,
  { session, brought, request, caches }: OpenedBuild,
  take: TakeTree | undefined,
  signal: AbortSignal,
): Promise<SessionClient> {
  const agents: Agents = openAgents(engine.layout.run, session, signal);
  // A repository that is fetched by ssh is needed before there is a plan.
  if (/^(?:ssh:\/\/|[\w.-]+@)/.test(request.context)) await agents.open(['default']);
  const client: BuildClient = {
    registry: (image) => registryIdentity(session, image, signal),
    agent: (id) => agents.path(id),
    sources: brought.sources,
    async prepare(plan) {
      await brought.fill(plan);
      await agents.open(agentsOf(plan));
      return bringSecrets(session, plan, signal);
    },
    ...caches,
    ...(take === undefined ? {} : { take }),
  };
  return {
    client,
    async release() {
      await agents.release();
      await brought.release();
    },
  };
}

const agentsOf = (plan: BuildPlan): readonly string[] =>
  plan.steps.flatMap((step) =>
    step.kind === 'run' ? step.mounts.flatMap((one) => (one.type === 'ssh' ? [one.id] : [])) : [],
  );
