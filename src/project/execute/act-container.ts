import { statusOf, tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { Operation } from '../plan.ts';
import { type Act, during, idOf, type PerformContext } from './act.ts';
import { createContainer } from './create-container.ts';
import { runHooks } from './hooks.ts';

const create: Act<'create-container'> = async (operation, { client, ids, emit }, progress) => {
  const words = operation.replaces === undefined ? ['Creating', 'Created'] : ['Recreate', 'Recreated'];
  progress(words[0]!, 'working');
  const { id, warnings } = await createContainer(client, operation.as, operation.spec, ids);
  ids.set(operation.as, id);
  for (const message of warnings) emit({ type: 'warning', message: `${operation.container}: ${message}` });
  progress(words[1]!, 'done');
};

const rename: Act<'rename-container'> = async ({ from, container }, { client, ids }) => {
  const id = idOf(ids, from);
  await client.containers.rename(id, container);
  ids.delete(from);
  ids.set(container, id);
};

const start: Act<'start-container'> = async (operation, { client, ids, onStart, beforeStart }, progress) => {
  const { container: name, service, isNew, postStart } = operation;
  const id = idOf(ids, name);
  progress('Starting', 'working');
  await beforeStart?.({ id, name, service });
  onStart?.({ id, name, service, isNew });
  await client.containers.start(id);
  if (postStart.length > 0) await runHooks(client, { id, name, service }, postStart, 'post_start');
  progress('Started', 'done');
};

const stop: Act<'stop-container'> = async (operation, context, progress) => {
  progress('Stopping', 'working');
  await preStop(context, operation);
  await context.client.containers.stop(operation.id, operation.timeout);
  progress('Stopped', 'done');
};

const restart: Act<'restart-container'> = async (operation, context, progress) => {
  const { id, container: name, service, timeout, postStart } = operation;
  progress('Restarting', 'working');
  await preStop(context, operation);
  await context.client.containers.restart(id, timeout);
  if (postStart.length > 0) await runHooks(context.client, { id, name, service }, postStart, 'post_start');
  progress('Started', 'done');
};

/** A container is stopped whatever its hooks do, but the command fails at the end. */
async function preStop(
  { client, failLater }: PerformContext,
  operation: Extract<Operation, { kind: 'stop-container' | 'restart-container' }>,
): Promise<void> {
  const { id, container: name, service, preStop: hooks } = operation;
  if (hooks.length === 0) return;
  await runHooks(client, { id, name, service }, hooks, 'pre_stop').catch(failLater);
}

const remove: Act<'remove-container'> = async (operation, { client, ids }, progress) => {
  const { id, container, force, volumes, inheritedVolumes } = operation;
  progress('Removing', 'working');
  await client.containers.remove(id, { force, volumes }).catch(async (error: unknown) => {
    // Another command is removing it, so it is as good as gone.
    if (statusOf(error) !== 409 || !(await isGoing(client, id))) throw error;
  });
  // By now another container may use one of them.
  for (const name of inheritedVolumes) await tolerate(client.volumes.remove(name), 404, 409);
  ids.delete(container);
  progress('Removed', 'done');
};

const kill: Act<'kill-container'> = async ({ id, signal }, { client }, progress) => {
  progress('Killing', 'working');
  const sent = await tolerate(
    client.containers.kill(id, signal).then(() => true),
    404,
    409,
  );
  // It ended by itself before the signal arrived.
  progress(sent === true ? 'Killed' : 'Stopped', 'done');
};

/** Whether a container is being removed, or has been. */
async function isGoing(client: EngineClient, id: string): Promise<boolean> {
  const found = await tolerate(client.containers.inspect(id), 404);
  return found === undefined || found.State.Status === 'removing';
}

type ContainerKinds = Extract<
  Operation['kind'],
  `${string}-container` | 'connect-network' | 'disconnect-network'
>;

/** Steps about existing or new containers. */
export const containerActs: { readonly [K in ContainerKinds]: Act<K> } = {
  'create-container': create,
  'rename-container': rename,
  'start-container': start,
  'stop-container': stop,
  'restart-container': restart,
  'remove-container': remove,
  'kill-container': kill,
  'pause-container': ({ id }, { client }, progress) =>
    during(progress, ['Pausing', 'Paused'], () => client.containers.pause(id)),
  'unpause-container': ({ id }, { client }, progress) =>
    during(progress, ['Unpausing', 'Unpaused'], () => client.containers.unpause(id)),
  'connect-network': ({ id, network, settings }, { client }) =>
    client.networks.connect(network, { Container: id, EndpointConfig: settings }),
  'disconnect-network': ({ id, network }, { client }) => client.networks.disconnect(network, id, true),
};
