import { TcomposeError } from '../errors.ts';
import { SystemCallError } from '../sys/libc.ts';

const refused = ['EPERM', 'EACCES', 'EROFS'];

/** Runs set-up steps; turns the kernel's refusal into NETWORK_SETUP_FAILED, which says what was being set up. */
export function explained<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const name = error instanceof SystemCallError ? error.errnoName : (error as NodeJS.ErrnoException).code;
    if (error instanceof TcomposeError && !(error instanceof SystemCallError)) throw error;
    if (name === undefined) throw error;
    throw new TcomposeError(
      'NETWORK_SETUP_FAILED',
      `${what} could not be set up: ${(error as Error).message}`,
      {
        cause: error,
        ...(refused.includes(name) ? { hint: 'Setting up networks needs CAP_NET_ADMIN.' } : {}),
      },
    );
  }
}
