import type { Extensions } from './extensions.ts';

/** A command run inside the container at a point of its life. */
export interface Hook {
  readonly command?: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly extensions?: Extensions;
}

/** A command run in a container of its own before the service starts. */
export interface PreStartHook extends Hook {
  /** The service's image when absent. */
  readonly image?: string;
  readonly per_replica?: boolean;
}
