import type { SourcePlace } from '../errors.ts';

/** Something the user should know that doesn't stop the load; shown once each. */
export interface Warning {
  readonly message: string;
  readonly hint?: string;
  readonly where?: SourcePlace;
}
