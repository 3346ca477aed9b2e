import { TcomposeError } from '../../../errors.ts';

/** Why a build ends whose client has gone. */
export const interrupted = (): TcomposeError => new TcomposeError('BUILD_STEP', 'the build was interrupted');
