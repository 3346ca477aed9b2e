import type { Extensions } from './extensions.ts';

/** Credentials of a managed account (Windows only). */
export interface CredentialSpec {
  readonly config?: string;
  readonly file?: string;
  readonly registry?: string;
  readonly extensions?: Extensions;
}

/** Entry of `devices`. */
export interface DeviceMapping {
  readonly source: string;
  readonly target?: string;
  /** Subset of `rwm`. */
  readonly permissions?: string;
  readonly extensions?: Extensions;
}
