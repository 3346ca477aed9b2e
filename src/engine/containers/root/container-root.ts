import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { openRunningRoot } from './running-root.ts';
import { openStoppedRoot } from './stopped-root.ts';

/** A container's file system, as its processes see it or will see it. To be released. */
export interface ContainerRoot {
  readonly directory: ConfinedDirectory;
  /** Throws 400 where the container's own configuration says that nothing is written at `path` (see confined/names.ts). */
  readonly check: (path: string) => void;
  /** Gives up what it holds; idempotent. */
  release(): void;
}

/**
 * What is to be done in a root. `complete`: a file that belongs to a container that was never started is put into it, also
 * where its processes will not be able to write.
 */
export type RootAccess = 'read' | 'write' | 'complete';

/** Of a container that is up the root of its processes, else one put together from its layers, volumes and binds. */
export async function openContainerRoot(
  engine: Engine,
  container: Container,
  access: RootAccess,
): Promise<ContainerRoot> {
  const { state } = container;
  if (state.status === 'running' || state.status === 'paused') return openRunningRoot(state.process);
  return openStoppedRoot(engine, container, access);
}

/**
 * Runs `work` with a root that may be written to: a container that is not up can't be started meanwhile, for two overlays over
 * one upper directory are not defined.
 */
export async function withWritableRoot<T>(
  engine: Engine,
  container: Container,
  access: 'write' | 'complete',
  work: (root: ContainerRoot) => Promise<T>,
): Promise<T> {
  const { status } = container.state;
  const run = async (): Promise<T> => {
    const root = await openContainerRoot(engine, container, access);
    try {
      return await work(root);
    } finally {
      root.release();
    }
  };
  return status === 'running' || status === 'paused' ? run() : container.serial.run(run);
}
