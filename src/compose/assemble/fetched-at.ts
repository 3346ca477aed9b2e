import { TcomposeError } from '../../errors.ts';
import type { LoadRun } from '../load-run.ts';
import { problem } from '../problems.ts';
import { fetchedFile } from '../read/discover.ts';
import type { ComposeDocument } from '../read/read-documents.ts';
import type { TreePath } from '../tree.ts';

/** Like `fetchedFile`; errors get the place that names the file. */
export async function fetchedAt(
  file: string,
  { effects }: LoadRun,
  positions: ComposeDocument['positions'],
  path: TreePath,
): Promise<string | undefined> {
  try {
    return await fetchedFile(file, effects);
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.where !== undefined) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw problem(error.code, error.message, positions, path, hint);
  }
}
