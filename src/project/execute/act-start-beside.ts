import { TcomposeError } from '../../errors.ts';
import { type Act, idOf } from './act.ts';
import { runHooks } from './hooks.ts';
import { waitForContainer } from './wait.ts';

/**
 * Starts a container beside the one that it replaces, which it takes over from when it is ready; on failure the new one
 * is removed.
 */
export const startBeside: Act<'start-beside'> = async (operation, context, progress, signal) => {
  const { container: name, as, replaces, service, postStart } = operation;
  const { client, ids, beforeStart, onStart } = context;
  const id = idOf(ids, as);
  progress('Starting', 'working');
  try {
    await beforeStart?.({ id, name, service });
    onStart?.({ id, name, service, isNew: true });
    const watch = await context.watch();
    await client.containers.start(id, { beside: true });
    if (postStart.length > 0) await runHooks(client, { id, name, service }, postStart, 'post_start');
    progress('Waiting', 'working');
    const wait = {
      kind: 'wait',
      service,
      containers: [],
      condition: 'ready',
      required: true,
      dependents: [],
    } as const;
    const met = await waitForContainer(client, watch, { id, name }, wait, signal);
    if (met === undefined) throw new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    await client.containers.takePlace(id, { from: replaces });
  } catch (error) {
    await client.containers.remove(id, { force: true });
    ids.delete(as);
    throw error;
  }
  progress('Started', 'done');
};
