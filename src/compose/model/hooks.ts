import type { Extensions } from './extensions.ts';

/** A command that is run inside the container at a point in its life. */
export interface Hook {
  readonly command?: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly extensions?: Extensions;
}

/** A command that is run in a container of its own before the service starts. */
export interface PreStartHook extends Hook {
  /** Default: the service's image. */
  readonly image?: string;
  readonly per_replica?: boolean;
}
