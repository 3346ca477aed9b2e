import { archiveError, shownName } from './archive-error.ts';

/** Most bytes of a path that the kernel accepts, without its NUL. */
const longestName = 4095;

/** Whether every part of a name is a plain one, apart from slashes at its end: most names are. */
const isPlain = (name: string): boolean =>
  !name.startsWith('/') && !name.startsWith('.') && !name.includes('/.') && !name.includes('//');

const isName = (part: string): boolean => part !== '' && part !== '.';

/**
 * An archive's name as a path of src/confined: leading slashes and `.` are ignored, `..` removes the part before it,
 * and '' is the root.
 * @throws TcomposeError IMAGE_ARCHIVE for a name that leads out, or is too long for a path
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
