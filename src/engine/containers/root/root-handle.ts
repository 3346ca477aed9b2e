import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';

/** A container's file system, as its processes see it or will see it. To be released. */
export interface ContainerRoot {
  readonly directory: ConfinedDirectory;
  /** Throws 400 where the container's own configuration says that nothing is written at `path` (see confined/names.ts). */
  readonly check: (path: string) => void;
  /** Whether it is still what the container's processes see: one that ended meanwhile begins with another. */
  readonly stands: () => boolean;
  /** Gives up what it holds; idempotent. */
  release(): void;
}

/**
 * What is to be done in a root. `complete`: a file that belongs to a container that was never started is put into it, also
 * where its processes will not be able to write.
 */
export type RootAccess = 'read' | 'write' | 'complete';
