import { statusOf, tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import type { EventSink, ResourceKind } from '../../events.ts';
import type { Step } from '../plan.ts';
import type { ContainerWatch } from './container-watch.ts';
import { createContainer } from './create-container.ts';
import { createNetworkOnce } from './create-once.ts';
import { runHooks } from './hooks.ts';
import { lastLines, waitForContainer } from './wait.ts';

export interface PerformContext {
  readonly client: EngineClient;
  readonly emit: EventSink;
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number;
  /** Container name → id, kept up to date by the steps. */
  readonly ids: Map<string, string>;
  /** The project's event subscription, opened by the first who needs it. */
  readonly watch: () => Promise<ContainerWatch>;
  /** Told of containers as they are started. */
  readonly onStart?: (container: { id: string; name: string; service: string; isNew: boolean }) => void;
}

type Progress = (status: string, state: 'working' | 'done' | 'warning' | 'failed', detail?: string) => void;

/** Carries out one step, telling its progress in Docker Compose's words. */
export async function perform(step: Step, context: PerformContext, signal: AbortSignal): Promise<void> {
  const { operation, resource } = step;
  const name =
    operation.kind === 'create-container' || operation.kind === 'rename-container'
      ? operation.container
      : resource.name;
  const progress = progressOf(context, resource.kind, name);
  try {
    await act(step, context, signal, progress);
  } catch (error) {
    // A wait tells of each container it is about.
    if (operation.kind !== 'wait') progress('Error', 'failed');
    throw error;
  }
}

const progressOf =
  (context: PerformContext, kind: ResourceKind, name: string): Progress =>
  (status, state, detail) =>
    context.emit({
      type: 'progress',
      kind,
      name,
      status,
      state,
      at: context.now(),
      ...(detail === undefined ? {} : { detail }),
    });

async function act(
  step: Step,
  context: PerformContext,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const { client, ids } = context;
  const { operation } = step;
  const during = async (words: readonly [string, string], work: Promise<unknown>) => {
    progress(words[0], 'working');
    await work;
    progress(words[1], 'done');
  };
  const warnInUse = async (work: Promise<unknown>, ...statuses: number[]) => {
    progress('Removing', 'working');
    try {
      await work;
      progress('Removed', 'done');
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined || !statuses.includes(status)) throw error;
      progress('Resource is still in use', 'warning');
    }
  };
  switch (operation.kind) {
    case 'create-network':
      return during(
        ['Creating', 'Created'],
        createNetworkOnce(client, operation.body).then(({ warnings }) => {
          for (const message of warnings) context.emit({ type: 'warning', message });
        }),
      );
    case 'remove-network':
      return warnInUse(client.networks.remove(operation.id), 403, 409);
    case 'create-volume':
      return during(['Creating', 'Created'], client.volumes.create(operation.body));
    case 'remove-volume':
      return warnInUse(client.volumes.remove(operation.name), 409);
    case 'remove-image':
      return warnInUse(client.images.remove(operation.reference), 404, 409);
    case 'pull-image':
      return pullImage(operation, context, progress);
    case 'create-container': {
      const words = operation.replaces === undefined ? ['Creating', 'Created'] : ['Recreate', 'Recreated'];
      progress(words[0]!, 'working');
      const { id, warnings } = await createContainer(client, operation.as, operation.spec, ids);
      ids.set(operation.as, id);
      for (const message of warnings)
        context.emit({ type: 'warning', message: `${operation.container}: ${message}` });
      progress(words[1]!, 'done');
      return;
    }
    case 'rename-container': {
      const id = idOf(ids, operation.from);
      await client.containers.rename(id, operation.container);
      ids.delete(operation.from);
      ids.set(operation.container, id);
      return;
    }
    case 'run-hooks':
      return runPreStart(operation, context, signal, progress);
    case 'start-container': {
      const id = idOf(ids, operation.container);
      progress('Starting', 'working');
      context.onStart?.({
        id,
        name: operation.container,
        service: operation.service,
        isNew: operation.isNew,
      });
      await client.containers.start(id);
      if (operation.postStart.length > 0)
        await runHooks(client, { id, name: operation.container }, operation.postStart, 'post_start');
      progress('Started', 'done');
      return;
    }
    case 'stop-container':
      progress('Stopping', 'working');
      await preStop(context, operation);
      await client.containers.stop(operation.id, operation.timeout);
      progress('Stopped', 'done');
      return;
    case 'restart-container':
      progress('Restarting', 'working');
      await preStop(context, operation);
      await client.containers.restart(operation.id, operation.timeout);
      if (operation.postStart.length > 0)
        await runHooks(
          client,
          { id: operation.id, name: operation.container },
          operation.postStart,
          'post_start',
        );
      progress('Started', 'done');
      return;
    case 'remove-container':
      progress('Removing', 'working');
      await client.containers
        .remove(operation.id, { force: operation.force, volumes: operation.volumes })
        .catch(async (error: unknown) => {
          // Someone else is at it, and the container is as good as gone.
          if (statusOf(error) !== 409 || !(await isGoing(client, operation.id))) throw error;
        });
      // Another container may use one of them by now.
      for (const name of operation.inheritedVolumes) await tolerate(client.volumes.remove(name), 404, 409);
      ids.delete(operation.container);
      progress('Removed', 'done');
      return;
    case 'kill-container':
      return during(['Killing', 'Killed'], client.containers.kill(operation.id, operation.signal));
    case 'pause-container':
      return during(['Pausing', 'Paused'], client.containers.pause(operation.id));
    case 'unpause-container':
      return during(['Unpausing', 'Unpaused'], client.containers.unpause(operation.id));
    case 'connect-network':
      await client.networks.connect(operation.network, {
        Container: operation.id,
        EndpointConfig: operation.settings,
      });
      return;
    case 'disconnect-network':
      return client.networks.disconnect(operation.network, operation.id, true);
    case 'wait':
      return waitStep(operation, context, signal);
  }
}

/** Whether a container is being removed, or has been. */
const isGoing = async (client: EngineClient, id: string): Promise<boolean> => {
  const found = await tolerate(client.containers.inspect(id), 404);
  return found === undefined || found.State.Status === 'removing';
};

function idOf(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name);
  if (id === undefined)
    throw new TcomposeError('INTERNAL', `container ${name} has no id at this point of the plan`);
  return id;
}

/** Runs each hook's container to its end; the container of one that fails stays, to be looked into. */
async function runPreStart(
  operation: Extract<Step['operation'], { kind: 'run-hooks' }>,
  context: PerformContext,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const { client, ids } = context;
  progress('Running pre_start hooks', 'working');
  for (const { name, spec } of operation.hooks) {
    const { id } = await createContainer(client, name, spec, ids);
    const ended = client.containers.wait(id, 'next-exit', signal);
    ended.catch(() => undefined);
    await client.containers.start(id);
    const { StatusCode } = await ended;
    if (StatusCode !== 0) {
      const lines = await lastLines(client, id, { tty: false });
      throw new TcomposeError(
        'PROJECT_DEPENDENCY',
        `a pre_start hook of service ${operation.service} failed: ${name} exited with code ${StatusCode}${
          lines === '' ? '' : `\n  last output of ${name}:\n${lines.replace(/^/gm, '    ')}`
        }`,
        { hint: 'Its container is kept until the next attempt.' },
      );
    }
    await client.containers.remove(id, { force: true, volumes: false });
  }
  progress('Ran pre_start hooks', 'done');
}

async function preStop(
  context: PerformContext,
  operation: Extract<Step['operation'], { kind: 'stop-container' | 'restart-container' }>,
): Promise<void> {
  if (operation.preStop.length === 0) return;
  try {
    await runHooks(
      context.client,
      { id: operation.id, name: operation.container },
      operation.preStop,
      'pre_stop',
    );
  } catch (error) {
    // A container is stopped whatever its hooks say.
    context.emit({ type: 'warning', message: (error as Error).message });
  }
}

async function pullImage(
  operation: Extract<Step['operation'], { kind: 'pull-image' }>,
  context: PerformContext,
  progress: Progress,
): Promise<void> {
  progress('Pulling', 'working');
  const { reference } = operation;
  const digest = /^(.+)@(sha256:[0-9a-f]{64})$/.exec(reference);
  const tagged = /^(.+):([^:/]+)$/.exec(reference);
  const [name, tag] = digest
    ? [digest[1]!, digest[2]!]
    : tagged
      ? [tagged[1]!, tagged[2]!]
      : [reference, 'latest'];
  for await (const line of context.client.images.pull(name, tag, operation.platform))
    if (line.error !== undefined)
      throw new TcomposeError('PROJECT_IMAGE_MISSING', `image ${reference} cannot be pulled: ${line.error}`);
  progress('Pulled', 'done');
}

async function waitStep(
  operation: Extract<Step['operation'], { kind: 'wait' }>,
  context: PerformContext,
  signal: AbortSignal,
): Promise<void> {
  const watch = await context.watch();
  await Promise.all(
    operation.containers.map(async (name) => {
      const tell = progressOf(context, 'container', name);
      const id = idOf(context.ids, name);
      tell('Waiting', 'working');
      try {
        const met = await waitForContainer(context.client, watch, { id, name }, operation, signal);
        if (met === undefined) return;
        tell(met.as === 'healthy' ? 'Healthy' : met.as === 'running' ? 'Running' : 'Exited', 'done');
      } catch (error) {
        tell('Error', operation.required ? 'failed' : 'warning');
        if (operation.required || !(error instanceof TcomposeError)) throw error;
        context.emit({ type: 'warning', message: `${error.message} (not required: going on)` });
      }
    }),
  );
}
