import type { Extensions } from './extensions.ts';
import type { FileReference } from './files.ts';
import type { Ulimits } from './limits.ts';
import type { ExtraHosts } from './networking.ts';

/** `services.*.build`: how the image of a service is built. */
export interface Build {
  /** Directory path, or a git or archive URL. Default: the project directory. */
  readonly context?: string;
  /** Relative to the context, or absolute. Exclusive with `dockerfile_inline`. */
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  /** `network.host`, `security.insecure`, … */
  readonly entitlements?: readonly string[];
  /** A `null` value occurs only with environment resolution turned off. */
  readonly args?: Readonly<Record<string, string | null>>;
  /** `default`, `id`, or `id=path`. */
  readonly ssh?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly cache_from?: readonly string[];
  readonly cache_to?: readonly string[];
  readonly no_cache?: boolean;
  /** Stages that are never taken from the cache. */
  readonly no_cache_filter?: readonly string[];
  /** Name → path, URL, `docker-image://…`, `oci-layout://…` or `service:<name>`. */
  readonly additional_contexts?: Readonly<Record<string, string>>;
  readonly pull?: boolean;
  readonly extra_hosts?: ExtraHosts;
  readonly isolation?: string;
  /** Network of RUN steps: `host`, `none`, or a name. */
  readonly network?: string;
  readonly provenance?: string;
  readonly sbom?: string;
  readonly target?: string;
  readonly secrets?: readonly FileReference[];
  /** Bytes. */
  readonly shm_size?: number;
  readonly tags?: readonly string[];
  readonly ulimits?: Ulimits;
  /** `os/arch[/variant]`. */
  readonly platforms?: readonly string[];
  readonly privileged?: boolean;
  readonly extensions?: Extensions;
}
