import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { removeOperation, stopOperation } from './container-operations.ts';
import { groupByService, isUp, type ObservedContainer } from './observed.ts';
import { type Plan, PlanBuilder } from './plan.ts';
import { dependencyMap, stopOrder } from './plan-down.ts';
import { waitCondition } from './wait-condition.ts';

interface LifecycleInput {
  /** Undefined when there is no compose file. */
  readonly project: Project | undefined;
  /** Containers the command is about. */
  readonly containers: readonly ObservedContainer[];
  /** Seconds; undefined: each container's own. */
  readonly timeout?: number | undefined;
}

const hooks = (project: Project | undefined, container: ObservedContainer): Partial<Service> =>
  project?.services[container.service] ?? {};

function begin(input: LifecycleInput): PlanBuilder {
  const plan = new PlanBuilder();
  for (const container of input.containers) plan.ids.set(container.name, container.id);
  return plan;
}

/** Stops what runs, dependents before what they depend on. */
export function planStop(input: LifecycleInput, cause = 'it is to be stopped'): Plan {
  const plan = begin(input);
  addStops(plan, input, cause);
  return plan.build();
}

function addStops(plan: PlanBuilder, input: LifecycleInput, cause: string): Map<string, string[]> {
  const stops = new Map<string, string[]>();
  for (const container of input.containers) {
    if (!isUp(container)) {
      plan.unchanged.push(container);
      continue;
    }
    const step = plan.add(stopOperation(container, hooks(input.project, container), input.timeout), cause);
    stops.set(container.service, [...(stops.get(container.service) ?? []), step]);
  }
  stopOrder(plan, stops, dependencyMap(input.project, input.containers));
  return stops;
}

/** Starts what does not run, dependencies first, waiting for their conditions. */
export function planStart(input: LifecycleInput, options: { readonly wait?: boolean } = {}): Plan {
  const plan = begin(input);
  const dependencies = dependencyMap(input.project, input.containers);
  const byService = groupByService(input.containers);
  const starts = new Map<string, string[]>();
  const visiting = new Set<string>();
  const visit = (name: string): readonly string[] => {
    const known = starts.get(name);
    if (known !== undefined) return known;
    if (visiting.has(name)) return [];
    visiting.add(name);
    const needs: string[] = [];
    const own = byService.get(name) ?? [];
    const sleeping = own.filter((container) => !isUp(container));
    for (const dependency of dependencies.get(name) ?? []) {
      const stepsOf = visit(dependency);
      needs.push(...stepsOf);
      const condition = input.project?.services[name]?.depends_on?.[dependency];
      const containers = (byService.get(dependency) ?? []).map((container) => container.name);
      if (sleeping.length === 0 || containers.length === 0 || condition === undefined) continue;
      if (condition.condition === 'service_started') continue;
      needs.push(
        plan.add(
          {
            kind: 'wait',
            service: dependency,
            containers,
            condition: waitCondition(condition.condition),
            required: condition.required,
            dependents: [name],
          },
          `${name} depends on it`,
          stepsOf,
        ),
      );
    }
    const steps = sleeping.map((container) =>
      plan.add(
        {
          kind: 'start-container',
          container: container.name,
          service: name,
          postStart: hooks(input.project, container).post_start ?? [],
        },
        'it is not running',
        needs,
      ),
    );
    plan.unchanged.push(...own.filter(isUp));
    starts.set(name, steps);
    return steps;
  };
  for (const name of [...byService.keys()].sort()) visit(name);
  if (options.wait === true)
    for (const [name, containers] of byService)
      plan.add(
        {
          kind: 'wait',
          service: name,
          containers: containers.map((container) => container.name),
          condition: 'ready',
          required: true,
          dependents: [],
        },
        '--wait was given',
        starts.get(name) ?? [],
      );
  return plan.build();
}

/**
 * Restarts containers. Those whose service depends on another restarted one with `restart: true` are stopped before it
 * and restarted after it.
 */
export function planRestart(input: LifecycleInput): Plan {
  const plan = begin(input);
  const byService = groupByService(input.containers);
  const steps = new Map<string, string[]>();
  const visit = (name: string, open: ReadonlySet<string>): readonly string[] => {
    const known = steps.get(name);
    if (known !== undefined) return known;
    const needs = Object.keys(input.project?.services[name]?.depends_on ?? {})
      .filter((dependency) => byService.has(dependency) && !open.has(dependency))
      .flatMap((dependency) => visit(dependency, new Set([...open, name])));
    const own = (byService.get(name) ?? []).map((container) =>
      plan.add(
        {
          kind: 'restart-container',
          container: container.name,
          id: container.id,
          service: name,
          timeout: input.timeout,
          preStop: hooks(input.project, container).pre_stop ?? [],
          postStart: hooks(input.project, container).post_start ?? [],
        },
        'it is to be restarted',
        needs,
      ),
    );
    steps.set(name, own);
    return own;
  };
  for (const name of [...byService.keys()].sort()) visit(name, new Set());
  return plan.build();
}

/** Services that must restart along: they depend on one of `names` with `restart: true`, directly or through others. */
export function restartedAlong(project: Project, names: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(names);
  for (let grown = true; grown; ) {
    grown = false;
    for (const service of Object.values(project.services)) {
      if (all.has(service.name)) continue;
      const along = Object.entries(service.depends_on ?? {}).some(
        ([name, dependency]) => dependency.restart === true && all.has(name),
      );
      if (along) {
        all.add(service.name);
        grown = true;
      }
    }
  }
  return all;
}

/** Sends a signal to what runs. */
export function planKill(input: LifecycleInput, signal: string): Plan {
  const plan = begin(input);
  for (const container of input.containers)
    if (isUp(container))
      plan.add(
        { kind: 'kill-container', container: container.name, id: container.id, signal },
        'it is to be killed',
      );
  return plan.build();
}

/** Pauses or unpauses what can be. */
export function planPause(input: LifecycleInput, pause: boolean): Plan {
  const plan = begin(input);
  for (const container of input.containers)
    if (container.state === (pause ? 'running' : 'paused'))
      plan.add(
        {
          kind: pause ? 'pause-container' : 'unpause-container',
          container: container.name,
          id: container.id,
        },
        pause ? 'it is to be paused' : 'it is to be unpaused',
      );
  return plan.build();
}

/** Removes containers that have ended; with `stop`, all of them, stopped first. */
export function planRemove(
  input: LifecycleInput,
  options: { readonly stop: boolean; readonly volumes: boolean },
): Plan {
  const plan = begin(input);
  const stops = options.stop ? addStops(plan, input, 'it is to be removed') : new Map<string, string[]>();
  for (const container of input.containers) {
    if (isUp(container) && !options.stop) continue;
    plan.add(
      removeOperation(container, { volumes: options.volumes, force: options.stop }),
      'it is to be removed',
      isUp(container) ? (stops.get(container.service) ?? []) : [],
    );
  }
  plan.unchanged.length = 0;
  return plan.build();
}
