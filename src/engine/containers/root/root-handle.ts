import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { IdSwap } from '../../../id-swap.ts';

/** A container's file system, as its processes see it or will see it. The caller releases it. */
export interface ContainerRoot {
  readonly directory: ConfinedDirectory;
  /** Paths at and below which the container's own configuration forbids writing, or allows it: see checkWritable. */
  readonly readOnly: ReadonlyMap<string, boolean>;
  /** How the ids of its processes map to the engine's, if they differ. */
  readonly owners: IdSwap | undefined;
  /** Whether this is still what the container's processes see: after an exit the container gets a new root. */
  readonly stands: () => boolean;
  /** Releases its resources; idempotent. When it resolves, everything that was mounted only for this is unmounted. */
  release(): Promise<void>;
}

/**
 * What a root is opened for. `complete`: adds a file to a container that was never started, even where its processes
 * will not be able to write.
 */
export type RootAccess = 'read' | 'write' | 'complete';
