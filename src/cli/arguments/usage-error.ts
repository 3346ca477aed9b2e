import { TcomposeError } from '../../errors.ts';

/** The error for an invalid command line; `hint` shows the correct form. */
export const usage = (message: string, hint?: string) =>
  new TcomposeError('CLI_USAGE', message, hint === undefined ? {} : { hint });
