import { TcomposeError } from '../../../errors.ts';

/** The error of a build whose client has disconnected. */
export const interrupted = (): TcomposeError => new TcomposeError('BUILD_STEP', 'the build was interrupted');
