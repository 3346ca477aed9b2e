import { isWithin } from '../../../confined/names.ts';
import { badParameter } from '../../http/failure.ts';

/**
 * Throws 400 if the container's own configuration forbids writing at `path`. `readOnly` has paths at and below which
 * that applies, or does not; the nearest one counts.
 */
export function checkWritable(readOnly: ReadonlyMap<string, boolean>, path: string): void {
  if (readOnly.size === 0) return;
  const covers = [...readOnly.keys()].filter((one) => isWithin(path, one));
  const nearest = covers.sort((a, b) => b.length - a.length)[0] ?? '';
  if (!readOnly.get(nearest)) return;
  throw badParameter(
    nearest === '' ? 'container rootfs is marked read-only' : 'mounted volume is marked read-only',
  );
}
