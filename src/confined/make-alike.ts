import { constants } from 'node:fs';
import { linkAt, makeNodeAt, symlinkAt } from '../sys/at-calls.ts';
import { openName } from '../sys/openat2.ts';
import type { ConfinedDirectory } from './confined-directory.ts';
import { deviceNumber } from './device-number.ts';
import type { ConfinedEntry } from './entry.ts';
import { cName } from './names.ts';

/** Flags for creating a file that must not exist yet. */
export const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Makes a copy of `entry` at `to`: a link, a file whose content `copy` writes to the descriptor it takes over, a device
 * or FIFO. Not for directories. @throws EEXIST
 */
export async function makeAlike(
  target: ConfinedDirectory,
  entry: ConfinedEntry,
  to: string,
  copy: (entry: ConfinedEntry, fd: number) => Promise<void>,
): Promise<void> {
  const { stat } = entry;
  const { directory, name } = target.place(to);
  if (stat.isSymbolicLink()) symlinkAt(cName(entry.linkText()), directory, name);
  else if (stat.isFile()) await copy(entry, openName(directory, name, exclusive, 0o600));
  else {
    const { major, minor } = deviceNumber(stat.rdev);
    makeNodeAt(directory, name, stat.mode, major, minor);
  }
}

/** Gives the file at `first` another name. */
export function linkAgain(target: ConfinedDirectory, first: string, to: string): void {
  const place = target.place(to);
  const from = target.place(first, false);
  // Finding the one may have closed the other's directory.
  const again = target.place(place.path, false);
  linkAt(from.directory, from.name, again.directory, again.name);
}
