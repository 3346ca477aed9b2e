import type { Operation, Step } from '../plan.ts';
import { type Act, type PerformContext, progressOf } from './act.ts';
import { containerActs } from './act-container.ts';
import { runPreStart } from './act-pre-start.ts';
import { resourceActs } from './act-resource.ts';
import { startBeside } from './act-start-beside.ts';
import { waitStep } from './act-wait.ts';

const acts: { readonly [K in Operation['kind']]: Act<K> } = {
  ...resourceActs,
  ...containerActs,
  'run-hooks': runPreStart,
  'start-beside': startBeside,
  wait: waitStep,
};

/** Carries out one step and reports its progress in Docker Compose's words. */
export async function perform(step: Step, context: PerformContext, signal: AbortSignal): Promise<void> {
  const { operation, resource } = step;
  const name =
    operation.kind === 'create-container' || operation.kind === 'rename-container'
      ? operation.container
      : resource.name;
  const progress = progressOf(context, resource.kind, name);
  try {
    const act = acts[operation.kind] as Act<Operation['kind']>;
    await act(operation, context, progress, signal);
  } catch (error) {
    // A wait reports each of its containers itself.
    if (operation.kind !== 'wait') progress('Error', 'failed');
    throw error;
  }
}
