import { chmodSync } from 'node:fs';
import type { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { isOpaque } from '../../confined/copy-tree.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { changeOwnerOf, makeDirectoryAt } from '../../sys/at-calls.ts';
import { getExtendedAttribute, listExtendedAttributes, setExtendedAttribute } from '../../sys/xattr.ts';

/**
 * Makes a directory like another one, except for its time and its entries: owner, mode, the attributes that are wanted,
 * and whether it is opaque.
 */
export function mirrorDirectory(
  entry: ConfinedEntry,
  target: ConfinedDirectory,
  path: string,
  wanted: (attribute: string) => boolean,
): void {
  const { directory, name } = target.place(path, false);
  makeDirectoryAt(directory, name, 0o700);
  const made = target.find(path)!;
  try {
    changeOwnerOf(made.fd, entry.stat.uid, entry.stat.gid);
    for (const attribute of listExtendedAttributes(entry.fd)) {
      if (!wanted(attribute)) continue;
      const value = getExtendedAttribute(entry.fd, attribute);
      if (value !== undefined) setExtendedAttribute(made.fd, attribute, value);
    }
    if (isOpaque(entry)) setExtendedAttribute(made.fd, 'trusted.overlay.opaque', Buffer.from('y'));
    chmodSync(`/proc/self/fd/${made.fd}`, entry.stat.mode & 0o7777);
  } finally {
    made.close();
  }
}
