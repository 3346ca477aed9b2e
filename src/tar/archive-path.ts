import { archiveError, shownName } from './archive-error.ts';

/** Bytes of a path that the kernel takes, its NUL aside. */
const longestName = 4095;

/** Whether every part of a name is one, but for slashes at its end: most names are as they should be. */
const isPlain = (name: string): boolean =>
  !name.startsWith('/') && !name.startsWith('.') && !name.includes('/.') && !name.includes('//');

const isName = (part: string): boolean => part !== '' && part !== '.';

/**
 * An archive's name as a path of src/confined: leading slashes and `.` count for nothing, `..` takes the part before it away,
 * and '' is the root.
 * @throws TcomposeError IMAGE_ARCHIVE for a name that leads out, or is longer than any path may be
 */
export function archivePath(name: string): string {
  if (name.length > longestName) throw archiveError(`${shownName(name)} is too long for a file name`);
  if (isPlain(name)) return name.endsWith('/') ? name.slice(0, -1) : name;
  const parts = name.split('/').filter(isName);
  if (!parts.includes('..')) return parts.join('/');
  const clean: string[] = [];
  for (const part of parts) {
    if (part !== '..') clean.push(part);
    else if (clean.pop() === undefined) throw archiveError(`${shownName(name)} leads out by ".."`);
  }
  return clean.join('/');
}
