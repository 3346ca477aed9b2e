import type { Extensions } from './extensions.ts';

/** What must be true of a dependency before its dependents start. */
export type DependencyCondition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

/** Value under `depends_on`. */
export interface Dependency {
  readonly condition: DependencyCondition;
  /** Compose operations that restart the dependency also restart this service. */
  readonly restart?: boolean;
  /** `false`: a missing or failed dependency is only a warning. */
  readonly required: boolean;
  readonly extensions?: Extensions;
}

/** The service on which this one is based; without `file`, a service of the same file. */
export interface Extends {
  readonly service: string;
  readonly file?: string;
}
