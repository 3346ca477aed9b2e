import type { Session } from '../session/sessions.ts';
import type { Output, TakeTree } from './outputs.ts';

/** Who takes the files of a result for an output; undefined where an image is made. */
export function takerOf(output: Output, _session: Session, _signal: AbortSignal): TakeTree | undefined {
  if (output.kind === 'nothing') return async () => undefined;
  return undefined;
}
