import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import type { EventSink, ResourceKind } from '../../events.ts';
import type { Plan, Step } from '../plan.ts';
import type { PerformContext } from './act.ts';
import { type ContainerWatch, watchContainers } from './container-watch.ts';
import { perform } from './perform.ts';
import { runSteps } from './scheduler.ts';

interface ExecuteOptions {
  readonly client: EngineClient;
  readonly project: string;
  readonly emit: EventSink;
  readonly now: () => number;
  /** Aborted on an interrupt: no further steps begin, those in progress are awaited. */
  readonly signal: AbortSignal;
  readonly parallel: number;
  /** A subscription that is open already; without it one is opened when a step waits. */
  readonly watch?: ContainerWatch;
  readonly onStart?: PerformContext['onStart'];
  readonly registry?: PerformContext['registry'];
  readonly beforeStart?: PerformContext['beforeStart'];
  readonly buildLater?: PerformContext['buildLater'];
}

/**
 * Carries out a plan. Safe to interrupt: every step leaves the engine in a state from which the next plan can continue.
 * @throws TcomposeError or TcomposeErrors of the failed steps; CLI_INTERRUPTED (exit code 130) on an interrupt.
 */
export async function execute(
  plan: Plan,
  options: ExecuteOptions,
): Promise<{ readonly ids: ReadonlyMap<string, string> }> {
  const { client, emit, now } = options;
  for (const message of plan.warnings) emit({ type: 'warning', message });
  emit({ type: 'begin', resources: planResources(plan) });
  tellUntouched(plan, emit, now);
  const ids = new Map(plan.ids);
  let opened: Promise<ContainerWatch> | undefined;
  const watch = () => {
    opened ??=
      options.watch === undefined ? watchContainers(client, options.project) : Promise.resolve(options.watch);
    return opened;
  };
  const later: { readonly step: Step; readonly error: unknown }[] = [];
  const context = (step: Step): PerformContext => ({
    client,
    emit,
    now,
    ids,
    watch,
    ...(options.onStart === undefined ? {} : { onStart: options.onStart }),
    ...(options.registry === undefined ? {} : { registry: options.registry }),
    ...(options.beforeStart === undefined ? {} : { beforeStart: options.beforeStart }),
    ...(options.buildLater === undefined ? {} : { buildLater: options.buildLater }),
    failLater: (error) => void later.push({ step, error }),
  });
  try {
    const result = await runSteps(
      plan.steps,
      (step, signal) => perform(step, context(step), signal),
      options,
    );
    const errors = await Promise.all(
      [...result.failures, ...later].map(async ({ step, error }) =>
        stepError(step, await explained(client, error)),
      ),
    );
    if (errors.length === 1) throw errors[0]!;
    if (errors.length > 1) throw new TcomposeErrors(distinct(errors));
    if (options.signal.aborted && result.skipped.length > 0)
      throw new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    if (result.skipped.length > 0)
      throw new TcomposeError(
        'INTERNAL',
        `some steps of the plan never ran: ${result.skipped.map((step) => step.id).join(', ')}`,
      );
  } finally {
    if (options.watch === undefined) (await opened?.catch(() => undefined))?.close();
  }
  return { ids };
}

/** Reports what is unchanged, and what the command ignores. */
function tellUntouched(plan: Plan, emit: EventSink, now: () => number): void {
  for (const { container, status } of plan.unchanged)
    emit({ type: 'progress', kind: 'container', name: container.name, status, state: 'done', at: now() });
  for (const { kind, name, reason } of plan.skipped ?? [])
    emit({ type: 'progress', kind, name, status: 'Skipped', detail: reason, state: 'skipped', at: now() });
}

/** The resources of a plan's progress: in the order of their first step, containers by their final names. */
function planResources(plan: Plan): readonly { readonly kind: ResourceKind; readonly name: string }[] {
  const resources = new Map<string, { kind: ResourceKind; name: string }>();
  const add = (kind: ResourceKind, name: string) => void resources.set(`${kind} ${name}`, { kind, name });
  for (const { operation, resource } of plan.steps) {
    if (operation.kind === 'run-hooks') add('service', operation.service);
    else if (operation.kind === 'wait') for (const name of operation.containers) add('container', name);
    else if ('container' in operation) add('container', operation.container);
    else add(resource.kind, resource.name);
  }
  for (const { container } of plan.unchanged) add('container', container.name);
  for (const { kind, name } of plan.skipped ?? []) add(kind, name);
  return [...resources.values()];
}

/** A Docker engine does not report who has a port. */
async function explained(client: EngineClient, error: unknown): Promise<unknown> {
  if (!(error instanceof TcomposeError) || error.code !== 'ENGINE_API') return error;
  const { withPortHolder } = await import('./taken-port.ts');
  return withPortHolder(client, error);
}

/** An engine's refusal is reported with the step that it refused; our own errors already say what they are about. */
function stepError(step: Step, error: unknown): TcomposeError {
  if (!(error instanceof TcomposeError))
    return new TcomposeError(
      'INTERNAL',
      `${step.id}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  if (error.code !== 'ENGINE_API') return error;
  return new TcomposeError('PROJECT_STEP', `cannot ${step.id}: ${withoutName(error.message, step)}`, {
    cause: error.cause,
    exitCode: error.exitCode,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** Removes the beginning of a message that repeats the resource, which precedes it already. */
function withoutName(message: string, { resource: { kind, name } }: Step): string {
  const about = [`${name}: `, `${kind} ${name}: `].find((start) => message.startsWith(start));
  return about === undefined ? message : message.slice(about.length);
}

const distinct = (errors: readonly TcomposeError[]) => [
  ...new Map(errors.map((error) => [error.message, error])).values(),
];
