import { closeSync, lstatSync, openSync } from 'node:fs';
import { unlinkAtElsewhere } from '../sys/at-calls.ts';
import { O_PATH } from '../sys/openat2.ts';

/** A name, with its NUL, in a directory that is given by its descriptor. */
interface Name {
  readonly directory: number;
  readonly name: Buffer;
}

/** Size in bytes from which a file is removed in another thread: freeing its pages takes 0.1 ms a MiB. */
const largeFile = 8 * 1024 * 1024;

/** Removes a large file in another thread. False: it is not large, or could not be removed. */
export async function removedElsewhere(place: Name): Promise<boolean> {
  if (sizeAt(place) < largeFile) return false;
  // The place may be lent to others meanwhile.
  const own = openSync(`/proc/self/fd/${place.directory}`, O_PATH);
  try {
    return await unlinkAtElsewhere(own, place.name);
  } finally {
    closeSync(own);
  }
}

/** Bytes of the file with a name; links are not followed; 0 when there is none. */
function sizeAt({ directory, name }: Name): number {
  const path = Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name.subarray(0, -1)]);
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
