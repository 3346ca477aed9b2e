export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, sorted, without repetition. */
  readonly groups: readonly number[];
  /** Home directory of the passwd entry; `/` when there is none. */
  readonly home: string;
}

/** Texts of /etc/passwd and /etc/group of the container; a file that doesn't exist is undefined. */
export interface AccountFiles {
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

/**
 * Resolves Docker's `user[:group]` (names or numbers, '' = 0:0) and `groupAdd` (HostConfig.GroupAdd) against a
 * container's account files. Throws RUNTIME_USER for a name without an entry.
 */
export declare function resolveUser(
  user: string,
  files: AccountFiles,
  groupAdd?: readonly string[],
): ResolvedUser;

/** The file-system calls `readAccountFiles` needs; Node's `fs.promises` has all of them. */
export interface LayerReader {
  lstat(
    path: string,
  ): Promise<{
    isSymbolicLink(): boolean;
    isFile(): boolean;
    isDirectory(): boolean;
    isCharacterDevice(): boolean;
    readonly rdev: number;
    readonly size: number;
  }>;
  readlink(path: string): Promise<string>;
  readFile(path: string, encoding: 'utf8'): Promise<string>;
}

/**
 * Reads /etc/passwd and /etc/group out of a root made of layers (top first: the container's upper directory, then the
 * image's), without following a link out of them.
 */
export declare function readAccountFiles(
  layers: readonly string[],
  reader?: LayerReader,
): Promise<AccountFiles>;
