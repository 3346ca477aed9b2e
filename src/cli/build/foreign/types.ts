import type { Build } from '../../../compose/model/build.ts';
import type { BuildRequest } from '../../../engine/api/build.ts';
import type { Env } from '../../context.ts';

/** One build for an engine that is not tcompose's. */
export interface ForeignBuild {
  readonly service: string;
  readonly request: BuildRequest;
  /** As the compose file has it: what a request for our own engine has no place for. */
  readonly build: Build;
  /** Agents and keys: `default`, `id=path`. */
  readonly ssh: readonly string[];
  readonly signal: AbortSignal;
}

/** What it is done with. */
export interface Surroundings {
  readonly env: Env;
  readonly cwd: string;
  /** Headers with credentials for the registry of an image. */
  readonly registry: (image: string) => Promise<Readonly<Record<string, string>>>;
}
