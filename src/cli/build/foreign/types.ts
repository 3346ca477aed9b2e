import type { Build } from '../../../compose/model/build.ts';
import type { BuildRequest } from '../../../engine/api/build.ts';
import type { Env } from '../../context.ts';

/** One build for an engine that is not tcompose's. */
export interface ForeignBuild {
  readonly service: string;
  readonly request: BuildRequest;
  /** As in the compose file, for parts that a request to our own engine does not have. */
  readonly build: Build;
  /** Agents and keys: `default`, `id=path`. */
  readonly ssh: readonly string[];
  readonly signal: AbortSignal;
}

/** What a build is done with. */
export interface Surroundings {
  readonly env: Env;
  readonly cwd: string;
  /** Headers with credentials for the registry of an image. */
  readonly registry: (image: string) => Promise<Readonly<Record<string, string>>>;
}
