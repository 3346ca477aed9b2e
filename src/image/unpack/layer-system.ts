/** The system calls that unpacking needs and that need privileges. `src/sys` has them; tests pass their own. */
export interface LayerSystem {
  /**
   * mknodat(2): makes `name` (with a NUL) in the directory `dirFd`; `mode` includes the S_IF type. Throws an error with
   * `errnoName`.
   */
  makeNode(dirFd: number, name: Uint8Array, mode: number, major: number, minor: number): void;
  /** setxattr(2) on the file that a descriptor refers to. Throws an error with `errnoName`. */
  setExtendedAttribute(fd: number, name: string, value: Uint8Array): void;
  /** syncfs(2) on the file system that contains `path`. */
  syncFileSystem(path: string): Promise<void>;
}

/** These calls through libc. */
export async function libcLayerSystem(): Promise<LayerSystem> {
  const [{ makeNodeAt }, { setExtendedAttribute }, { syncFileSystem }] = await Promise.all([
    import('../../sys/at-calls.ts'),
    import('../../sys/xattr.ts'),
    import('../../sys/syncfs.ts'),
  ]);
  return { makeNode: makeNodeAt, setExtendedAttribute, syncFileSystem };
}

/** errno's name of a Node or libc error, '' for others. */
export function errnoOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('errnoName' in error && typeof error.errnoName === 'string') return error.errnoName;
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
