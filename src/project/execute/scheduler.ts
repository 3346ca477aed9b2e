import type { Step } from '../plan.ts';

interface ScheduleOptions {
  /** Most simultaneous steps; -1 or 0 means no limit. */
  readonly parallel: number;
  /** Aborted: no further steps begin, running ones are awaited. */
  readonly signal: AbortSignal;
}

interface ScheduleResult {
  readonly done: readonly Step[];
  /** Steps that were never started. */
  readonly skipped: readonly Step[];
  readonly failures: readonly { readonly step: Step; readonly error: unknown }[];
}

/**
 * Runs steps when what they wait for has ended, as many at once as permitted. After the first failure no further steps
 * begin; the signal given to `perform` then aborts, so that waits end, and steps in progress are awaited.
 */
export async function runSteps(
  steps: readonly Step[],
  perform: (step: Step, signal: AbortSignal) => Promise<void>,
  options: ScheduleOptions,
): Promise<ScheduleResult> {
  const stopping = new AbortController();
  const onAbort = () => stopping.abort();
  if (options.signal.aborted) onAbort();
  options.signal.addEventListener('abort', onAbort, { once: true });
  const limit = options.parallel > 0 ? options.parallel : Number.POSITIVE_INFINITY;
  const missing = new Map(steps.map((step) => [step.id, step.after.length]));
  const dependents = new Map<string, Step[]>();
  for (const step of steps)
    for (const id of step.after) dependents.set(id, [...(dependents.get(id) ?? []), step]);
  const ready = steps.filter((step) => step.after.length === 0);
  const begun = new Set<string>();
  const done: Step[] = [];
  const failures: { step: Step; error: unknown }[] = [];
  let running = 0;
  await new Promise<void>((resolve) => {
    const begin = () => {
      while (ready.length > 0 && running < limit && !stopping.signal.aborted) {
        const step = ready.shift()!;
        begun.add(step.id);
        running += 1;
        perform(step, stopping.signal)
          .then(
            () => {
              done.push(step);
              for (const dependent of dependents.get(step.id) ?? []) {
                const left = missing.get(dependent.id)! - 1;
                missing.set(dependent.id, left);
                if (left === 0) ready.push(dependent);
              }
            },
            (error: unknown) => {
              failures.push({ step, error });
              stopping.abort();
            },
          )
          .finally(() => {
            running -= 1;
            begin();
          });
      }
      if (running === 0 && (ready.length === 0 || stopping.signal.aborted)) resolve();
    };
    begin();
  });
  options.signal.removeEventListener('abort', onAbort);
  return { done, failures, skipped: steps.filter((step) => !begun.has(step.id)) };
}
