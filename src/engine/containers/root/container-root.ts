import { keptId } from '../../../runtime/spec/keep-id.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import type { ContainerRoot, RootAccess } from './root-handle.ts';
import { openRunningRoot } from './running-root.ts';
import { openStoppedRoot } from './stopped-root.ts';

/** For a running container the root of its processes, else one assembled from its layers, volumes and binds. */
export async function openContainerRoot(
  engine: Engine,
  container: Container,
  access: RootAccess,
): Promise<ContainerRoot> {
  const { state } = container;
  if (state.status === 'running' || state.status === 'paused')
    return openRunningRoot(state.process, keptId(container.hostConfig.UsernsMode, engine.machine));
  return openStoppedRoot(engine, container, access);
}

/**
 * Runs `work` with a writable root: a container that does not run can't be started meanwhile, because the behaviour of
 * two overlays over one upper directory is undefined.
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
      await root.release();
    }
  };
  return status === 'running' || status === 'paused' ? run() : container.serial.run(run);
}
