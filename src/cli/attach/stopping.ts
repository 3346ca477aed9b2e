import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { execute } from '../../project/execute/index.ts';
import { observeContainers } from '../../project/observe.ts';
import type { Plan } from '../../project/plan.ts';
import { planKill } from '../../project/plan-lifecycle/signal.ts';
import { planStop } from '../../project/plan-lifecycle/stop.ts';

interface StopInput {
  readonly client: EngineClient;
  readonly project: Project;
  /** Services to stop; the others keep running. */
  readonly services: ReadonlySet<string>;
  /** Seconds; undefined: each container's own timeout. */
  readonly timeout: number | undefined;
  readonly emit: EventSink;
  readonly now: () => number;
  readonly parallel: number;
  /** Aborted when the user does not want to wait any longer: what is left is killed. */
  readonly impatient: AbortSignal;
}

/**
 * Stops the containers of services in order; once `impatient` aborts, kills those that still run. Throws the errors of
 * both.
 */
export async function stopServices(input: StopInput): Promise<void> {
  const { client, project, services, impatient } = input;
  const settled = new Set<string>();
  // A container that stopped just before it was to be killed is reported as stopped, and only once.
  const emit: EventSink = (event) => {
    if (event.type === 'progress' && event.kind === 'container') {
      if (settled.has(event.name)) return;
      if (event.state === 'done') settled.add(event.name);
    }
    input.emit(event);
  };
  const running = async () =>
    (await observeContainers(client, project.name)).filter((one) => !one.oneoff && services.has(one.service));
  const run = (plan: Plan) =>
    execute(
      { ...plan, unchanged: [] },
      {
        client,
        project: project.name,
        emit,
        now: input.now,
        signal: new AbortController().signal,
        parallel: input.parallel,
      },
    );
  const kill = async () => {
    const left = (await running()).filter((one) => !settled.has(one.name));
    if (left.length === 0) return;
    input.emit({ type: 'warning', message: 'killing what still runs' });
    await run(planKill({ project, containers: left }, 'SIGKILL'));
  };
  const killing = new Promise<void>((resolve, reject) => {
    const begin = () => void kill().then(resolve, reject);
    if (impatient.aborted) begin();
    else impatient.addEventListener('abort', begin, { once: true });
  });
  killing.catch(() => undefined);
  const containers = await running();
  await Promise.race([run(planStop({ project, containers, timeout: input.timeout })), killing]);
}
