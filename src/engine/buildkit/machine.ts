import type { Engine } from '../context.ts';

/** The BuildKit version that clients see: they infer supported features from it. */
const version = { package: 'tcompose', version: 'v0.25.0', revision: '' };

export const builderVersion = (engine: Engine) => ({ ...version, revision: engine.version });

/** The only worker. */
export const workerOf = (engine: Engine) => ({
  id: `tcompose-${engine.instance}`,
  labels: new Map([
    ['org.mobyproject.buildkit.worker.executor', 'tcompose'],
    // Clients infer from it that archives, pushing and caches are supported.
    ['org.mobyproject.buildkit.worker.snapshotter', 'overlayfs'],
  ]),
  platforms: [
    { os: 'linux', architecture: engine.machine.architecture === 'arm64' ? 'arm64' : 'amd64', variant: '' },
  ],
  version: builderVersion(engine),
});
