import { TcomposeError } from '../errors.ts';
import type { ResourceKind } from '../events.ts';
import type { ObservedContainer } from './observed.ts';
import type { Operation, Plan, Step, StepRef } from './plan.ts';

const VERBS: Record<Operation['kind'], string> = {
  'create-network': 'create network',
  'remove-network': 'remove network',
  'create-volume': 'create volume',
  'remove-volume': 'remove volume',
  'remove-image': 'remove image',
  'pull-image': 'pull image',
  'push-image': 'push image',
  'create-container': 'create container',
  'start-container': 'start container',
  'stop-container': 'stop container',
  'remove-container': 'remove container',
  'rename-container': 'rename container',
  'start-beside': 'replace container',
  'connect-network': 'connect container',
  'disconnect-network': 'disconnect container',
  'restart-container': 'restart container',
  'run-hooks': 'run pre_start hooks of',
  'kill-container': 'kill container',
  'pause-container': 'pause container',
  'unpause-container': 'unpause container',
  wait: 'wait for service',
};

/** The kind of resource: `create network` is about a network, `connect container` about a container. */
const resourceKind = (operation: Operation): ResourceKind =>
  operation.kind === 'wait' || operation.kind === 'run-hooks'
    ? 'service'
    : (VERBS[operation.kind].split(' ')[1] as ResourceKind);

/** Collects steps and keeps their ids unique; dependencies may be added to a step later. */
export class PlanBuilder {
  readonly warnings: string[] = [];
  readonly unchanged: { readonly container: ObservedContainer; readonly status: string }[] = [];
  readonly skipped: { readonly kind: ResourceKind; readonly name: string; readonly reason: string }[] = [];
  readonly ids = new Map<string, string>();
  readonly #steps = new Map<StepRef, Step & { readonly after: StepRef[] }>();

  /** A builder that extends a finished plan. */
  static from(plan: Plan): PlanBuilder {
    const builder = new PlanBuilder();
    builder.warnings.push(...plan.warnings);
    builder.unchanged.push(...plan.unchanged);
    builder.skipped.push(...(plan.skipped ?? []));
    for (const [name, id] of plan.ids) builder.ids.set(name, id);
    for (const one of plan.steps) builder.#steps.set(one.id, { ...one, after: [...one.after] });
    return builder;
  }

  /** Adds a step and returns its id. `undefined` in `after` is ignored; an existing step gains the dependencies. */
  add(operation: Operation, cause: string, after: readonly (StepRef | undefined)[] = []): StepRef {
    const name = subject(operation);
    const id = `${VERBS[operation.kind]} ${name}${suffix(operation)}` as StepRef;
    const needed = [...new Set(after.filter((one) => one !== undefined))];
    const existing = this.#steps.get(id);
    if (existing !== undefined) this.needs(id, needed);
    else
      this.#steps.set(id, {
        id,
        after: needed,
        resource: {
          kind: resourceKind(operation),
          name,
        },
        operation,
        cause,
      });
    return id;
  }

  /** Records that a container is up to date; `status` is Docker Compose's word for that (default: its state). */
  keep(
    container: ObservedContainer,
    status = `${container.state[0]!.toUpperCase()}${container.state.slice(1)}`,
  ): void {
    this.unchanged.push({ container, status });
  }

  /** The steps so far, in the order in which they were added. */
  steps(): readonly Step[] {
    return [...this.#steps.values()];
  }

  /**
   * Makes a step wait for others as well.
   * @throws TcomposeError INTERNAL for a step of another plan.
   */
  needs(id: StepRef, others: readonly (StepRef | undefined)[]): void {
    const step = this.#step(id);
    for (const other of others)
      if (other !== undefined && other !== id && !step.after.includes(other)) step.after.push(other);
  }

  /** Whether a step waits for another, directly or through others. */
  waitsFor(id: StepRef, other: StepRef, seen = new Set<StepRef>()): boolean {
    if (id === other) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return this.#step(id).after.some((next) => this.waitsFor(next, other, seen));
  }

  /**
   * The finished plan, with steps sorted so that each comes after those that it needs, otherwise in the order in which
   * they were added.
   * @throws TcomposeError INTERNAL when a step waits for one that does not exist, or, in the end, for itself.
   */
  build(): Plan {
    const done = new Set<StepRef>();
    const steps: Step[] = [];
    const open = new Set<StepRef>();
    const place = (step: Step) => {
      if (done.has(step.id)) return;
      if (open.has(step.id)) throw waitForEachOther([...open, step.id]);
      open.add(step.id);
      for (const id of step.after) place(this.#step(id));
      open.delete(step.id);
      done.add(step.id);
      steps.push({ ...step, after: [...step.after] });
    };
    for (const step of this.#steps.values()) place(step);
    return {
      steps,
      warnings: this.warnings,
      unchanged: this.unchanged,
      ids: this.ids,
      ...(this.skipped.length === 0 ? {} : { skipped: this.skipped }),
    };
  }

  #step(id: StepRef): Step & { readonly after: StepRef[] } {
    const found = this.#steps.get(id);
    if (found === undefined) throw new TcomposeError('INTERNAL', `the plan has no step "${id}"`);
    return found;
  }
}

/** `walk` ends with a step that it contains already. */
const waitForEachOther = (walk: readonly StepRef[]) =>
  new TcomposeError(
    'INTERNAL',
    `steps of the plan wait for each other: ${walk.slice(walk.indexOf(walk.at(-1)!)).join(' -> ')}`,
  );

function subject(operation: Operation): string {
  switch (operation.kind) {
    case 'create-network':
    case 'remove-network':
    case 'create-volume':
    case 'remove-volume':
      return operation.name;
    case 'remove-image':
    case 'pull-image':
    case 'push-image':
      return operation.reference;
    case 'wait':
    case 'run-hooks':
      return operation.service;
    case 'create-container':
      return operation.as;
    default:
      return operation.container;
  }
}

function suffix(operation: Operation): string {
  if (operation.kind === 'pull-image')
    return operation.platform === undefined ? '' : ` for ${operation.platform}`;
  if (operation.kind === 'wait') return ` ${operation.condition}${operation.required ? '' : ' (optional)'}`;
  if (operation.kind === 'connect-network') return ` to ${operation.network}`;
  if (operation.kind === 'disconnect-network') return ` from ${operation.network}`;
  return '';
}
