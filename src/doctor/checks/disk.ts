import type { Place } from '../facts.ts';
import { type Finding, limited, missing, ok } from '../finding.ts';
import { asRoot, type Ground, size } from '../ground.ts';

/** Bytes and inodes below which hardly any image can be unpacked, and those below which not even a container starts. */
const low = { bytes: 1e9, inodes: 20_000 };
const none = { bytes: 20e6, inodes: 200 };

const makeRoom = 'tcompose system prune';

/** Space for state, run-time files and temporary files. */
export function diskFindings(places: readonly Place[], ground: Ground): readonly Finding[] {
  return places.map((place) => {
    const { what, path, freeBytes, freeInodes, inodes } = place;
    const id = `disk.${what}` as const;
    if (place.options.includes('ro'))
      return missing(
        id,
        `${path} is mounted read-only`,
        asRoot(ground, `mount -o remount,rw ${quoted(place.point)}`),
      );
    const scarceInodes = inodes > 0 && freeInodes < low.inodes;
    // A small separate file system, as /run often is, contains no images.
    const scarceBytes = freeBytes < (what === 'state' ? low.bytes : 5 * none.bytes);
    const text = `${size(freeBytes)} free at ${path}${inodes > 0 ? `, ${freeInodes} inodes` : ''}`;
    if (freeBytes < none.bytes || (inodes > 0 && freeInodes < none.inodes))
      return missing(id, `no room: ${text}`, makeRoom);
    return scarceBytes || scarceInodes ? limited(id, `little room: ${text}`, makeRoom) : ok(id, text);
  });
}

const quoted = (path: string): string =>
  /^[\w/.-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
