/** The system calls Node lacks, as layer extraction needs them. `src/sys` has them; tests pass their own. */
export interface LayerSystem {
  /** mknod(2); `mode` with its S_IF type. Throws an error with `errnoName`. */
  makeNode(path: Uint8Array, mode: number, major: number, minor: number): void;
  /** lsetxattr(2). Throws an error with `errnoName`. */
  setExtendedAttribute(path: Uint8Array, name: string, value: Uint8Array): void;
  /** lgetxattr(2); undefined when the attribute is not there. */
  getExtendedAttribute(path: Uint8Array, name: string): Buffer | undefined;
  /** llistxattr(2). */
  listExtendedAttributes(path: Uint8Array): string[];
  /** syncfs(2) of the file system that `path` is on. */
  syncFileSystem(path: string): Promise<void>;
}

/** The calls through libc; loads koffi, so only the engine asks for it. */
export async function libcLayerSystem(): Promise<LayerSystem> {
  const [{ makeNode }, xattr, { syncFileSystem }] = await Promise.all([
    import('../sys/mknod.ts'),
    import('../sys/xattr.ts'),
    import('../sys/syncfs.ts'),
  ]);
  const { setExtendedAttribute, getExtendedAttribute, listExtendedAttributes } = xattr;
  return { makeNode, setExtendedAttribute, getExtendedAttribute, listExtendedAttributes, syncFileSystem };
}

/** errno's name of a Node or libc error, '' for others. */
export function errnoOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('errnoName' in error && typeof error.errnoName === 'string') return error.errnoName;
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
