import { readFileSync, statSync } from 'node:fs';
import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError } from '../../errors.ts';

/**
 * A file in which the machine's owner says what the engine may do: since the engine may be root, nobody else may be
 * able to change the file. Undefined if it does not exist. `why` says in a clause what the file has power over.
 * @throws TcomposeError `code`
 */
export function readOwnersFile(file: string, code: ErrorCode, why: string): string | undefined {
  try {
    const { mode, uid } = statSync(file);
    if ((mode & 0o022) !== 0 || (uid !== 0 && uid !== process.getuid?.())) {
      throw new TcomposeError(code, `${file} may be changed by users other than root`, {
        hint: `${why}: chown root ${file} && chmod go-w ${file}.`,
      });
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof TcomposeError) throw error;
    throw new TcomposeError(code, `${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
