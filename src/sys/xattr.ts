import { check, declare } from './libc.ts';

// Through /proc/self/fd: fsetxattr(2) and the like refuse descriptors opened with O_PATH.
const setxattr = declare(
  'int setxattr(const uint8_t *path, const uint8_t *name, const uint8_t *value, size_t size, int flags)',
);
const getxattr = declare(
  'long getxattr(const uint8_t *path, const uint8_t *name, uint8_t *value, size_t size)',
);
const listxattr = declare('long listxattr(const uint8_t *path, uint8_t *list, size_t size)');

/** Most bytes of a value or a list of names (xattr(7)). All calls share one buffer, since they are synchronous. */
const scratch = Buffer.alloc(65536);

const cString = (text: string): Buffer => Buffer.from(`${text}\0`);
const pathOf = (fd: number): Buffer => cString(`/proc/self/fd/${fd}`);

/** Sets an extended attribute of the file that `fd` refers to, also when that is a symbolic link. @throws SystemCallError */
export function setExtendedAttribute(fd: number, name: string, value: Uint8Array): void {
  check(setxattr(pathOf(fd), cString(name), value, value.length, 0), `setxattr ${name}`);
}

/** The value (at most 64 KiB, the kernel's limit), or undefined when there is no such attribute. @throws SystemCallError */
export function getExtendedAttribute(fd: number, name: string): Buffer | undefined {
  try {
    const size = check(getxattr(pathOf(fd), cString(name), scratch, scratch.length), `getxattr ${name}`);
    return Buffer.from(scratch.subarray(0, size));
  } catch (error) {
    if ((error as { errnoName?: string }).errnoName === 'ENODATA') return undefined;
    throw error;
  }
}

/** Names of the extended attributes of the file that `fd` refers to. @throws SystemCallError */
export function listExtendedAttributes(fd: number): string[] {
  const size = check(listxattr(pathOf(fd), scratch, scratch.length), 'listxattr');
  return scratch.toString('utf8', 0, size).split('\0').filter(Boolean);
}
