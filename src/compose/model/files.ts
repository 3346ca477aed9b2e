import type { Extensions } from './extensions.ts';

/** Entry of `env_file`. */
export interface EnvFile {
  readonly path: string;
  readonly required: boolean;
  /** `raw`: no quotes, no interpolation. */
  readonly format?: string;
}

/** Use of a config or secret in a service or build. */
export interface FileReference {
  /** Key under the top-level `configs` or `secrets`. */
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  /** Numeric file mode, for example 0o440. */
  readonly mode?: number;
  readonly extensions?: Extensions;
}
