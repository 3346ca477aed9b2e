import { check, declare } from './libc.ts';

const lsetxattr = declare(
  'int lsetxattr(const uint8_t *path, const uint8_t *name, const uint8_t *value, size_t size, int flags)',
);
const lgetxattr = declare(
  'long lgetxattr(const uint8_t *path, const uint8_t *name, uint8_t *value, size_t size)',
);

const cString = (text: Uint8Array | string): Buffer =>
  Buffer.concat([typeof text === 'string' ? Buffer.from(text) : text, Buffer.alloc(1)]);

/** Sets an extended attribute of `path` itself, be it a symbolic link. @throws SystemCallError */
export function setExtendedAttribute(path: Uint8Array, name: string, value: Uint8Array): void {
  check(lsetxattr(cString(path), cString(name), value, value.length, 0), `setxattr ${name}`);
}

/** The value (at most 64 KiB, the kernel's limit), or undefined when the attribute is not there. @throws SystemCallError */
export function getExtendedAttribute(path: Uint8Array, name: string): Buffer | undefined {
  const value = Buffer.alloc(65536);
  try {
    const size = check(lgetxattr(cString(path), cString(name), value, value.length), `getxattr ${name}`);
    return value.subarray(0, size);
  } catch (error) {
    if ((error as { errnoName?: string }).errnoName === 'ENODATA') return undefined;
    throw error;
  }
}

const llistxattr = declare('long llistxattr(const uint8_t *path, uint8_t *list, size_t size)');

/** Names of the extended attributes of `path` itself. @throws SystemCallError */
export function listExtendedAttributes(path: Uint8Array): string[] {
  const list = Buffer.alloc(65536);
  const size = check(llistxattr(cString(path), list, list.length), 'listxattr');
  return list.toString('utf8', 0, size).split('\0').filter(Boolean);
}
