import { TcomposeError } from '../../errors.ts';

/** A command line that can't be carried out; `hint` says how it is written. */
export const usage = (message: string, hint?: string) =>
  new TcomposeError('CLI_USAGE', message, hint === undefined ? {} : { hint });
