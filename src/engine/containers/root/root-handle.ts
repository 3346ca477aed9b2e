import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { IdSwap } from '../../../id-swap.ts';

/** A container's file system, as its processes see it or will see it. To be released. */
export interface ContainerRoot {
  readonly directory: ConfinedDirectory;
  /** Paths from which on the container's own configuration lets nothing be written, or does: see checkWritable. */
  readonly readOnly: ReadonlyMap<string, boolean>;
  /** Where the ids of its processes are others than the engine's: which. */
  readonly owners: IdSwap | undefined;
  /** Whether it is still what the container's processes see: one that ended meanwhile begins with another. */
  readonly stands: () => boolean;
  /** Releases what it holds; idempotent. What may be mounted for this alone is gone when it resolves. */
  release(): Promise<void>;
}

/**
 * What is to be done in a root. `complete`: a file that belongs to a container that was never started is put into it, also
 * where its processes will not be able to write.
 */
export type RootAccess = 'read' | 'write' | 'complete';
