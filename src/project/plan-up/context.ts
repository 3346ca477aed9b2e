import type { Project } from '../../compose/model/project.ts';
import { firstContainer, type Observed } from '../observed.ts';
import type { StepRef } from '../plan.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import type { ResourceOutcome } from '../plan-resources.ts';
import type { UpOptions } from './options.ts';

/** What the plan has decided about a service so far. */
export interface ServiceState {
  /** Final names of its containers. */
  readonly containers: string[];
  /** Steps after which its first container exists. */
  readonly exists: StepRef[];
  readonly starts: StepRef[];
  readonly stops: StepRef[];
  recreated: boolean;
  /** Its pre_start hooks must run before any of its containers starts. */
  hooksDue: boolean;
  /** The step that runs them. */
  hooks: StepRef | undefined;
}

/** What the parts of one plan share: their input, and the growing plan. */
export interface UpContext {
  readonly project: Project;
  readonly observed: Observed;
  readonly options: UpOptions;
  readonly plan: PlanBuilder;
  readonly networks: ReadonlyMap<string, ResourceOutcome>;
  readonly volumes: ReadonlyMap<string, ResourceOutcome>;
  /** Service → steps that fetch its images. */
  readonly images: ReadonlyMap<string, readonly StepRef[]>;
  readonly states: Map<string, ServiceState>;
}

/**
 * The container of a service with which others share namespaces and volumes: as planned, or, if the service is left
 * out, the present one.
 */
export const containerOf =
  (context: UpContext) =>
  (service: string): string | undefined =>
    context.states.has(service)
      ? context.states.get(service)!.containers[0]
      : firstContainer(context.observed, service)?.name;
