import type { Extensions } from './extensions.ts';
import type { Config, Model, Network, Secret, Volume } from './resources.ts';
import type { Service } from './service.ts';

/**
 * A Compose project after loading: every short syntax expanded, every default of the Compose Specification applied,
 * files merged, variables replaced. Keys of services and resources are spelled as in the compose file; an absent
 * optional key means that the file does not set it, and the engine's or image's default applies.
 *
 * Units everywhere in the model: durations are nanoseconds, sizes are bytes, file modes are the numeric mode (0o440,
 * not 440), CPU counts are fractions of one CPU. Paths are absolute unless path resolution was turned off.
 */
export interface Project {
  /** Normalised: `[a-z0-9][a-z0-9_-]*`. */
  readonly name: string;
  /** The project directory: paths in the first file are relative to it. */
  readonly workingDir: string;
  /** Absolute paths of the compose files in merge order, without included ones; `-` for standard input. */
  readonly composeFiles: readonly string[];
  /** The variables for interpolation: the process environment over the `.env` files, plus COMPOSE_PROJECT_NAME. */
  readonly environment: Readonly<Record<string, string>>;
  /** Enabled services by name, sorted by name. */
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, Network>>;
  readonly volumes: Readonly<Record<string, Volume>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly configs: Readonly<Record<string, Config>>;
  readonly models: Readonly<Record<string, Model>>;
  /** Active profiles; `*` stands for all. */
  readonly profiles: readonly string[];
  /** The project is named after its directory, because nobody gave it another name. */
  readonly namedAfterDirectory?: boolean;
  /** Also create networks and volumes that no service uses (`--all-resources`). Default false. */
  readonly everyResource?: boolean;
  /** Services that profiles or the selection exclude; kept by name so that their containers do not count as orphans. */
  readonly disabledServices: Readonly<Record<string, Service>>;
  /** Top-level `x-*` keys. */
  readonly extensions: Extensions;
}
