import { TcomposeError } from '../../errors.ts';
import { type Act, idOf, progressOf } from './act.ts';
import { waitForContainer } from './wait.ts';

const metWords = { healthy: 'Healthy', running: 'Running', completed: 'Exited' } as const;

/** Waits for all containers of a service; an optional one fails with a warning. */
export const waitStep: Act<'wait'> = async (operation, context, _progress, signal) => {
  const watch = await context.watch();
  await Promise.all(
    operation.containers.map(async (name) => {
      const tell = progressOf(context, 'container', name);
      const id = idOf(context.ids, name);
      tell('Waiting', 'working');
      try {
        const met = await waitForContainer(context.client, watch, { id, name }, operation, signal);
        if (met !== undefined) tell(metWords[met.as], 'done');
      } catch (error) {
        tell('Error', operation.required ? 'failed' : 'warning');
        if (operation.required || !(error instanceof TcomposeError)) throw error;
        context.emit({ type: 'warning', message: `${error.message} (not required: continuing)` });
      }
    }),
  );
};
