import type { Engine } from '../context.ts';

/** What declares itself BuildKit here: clients take the version for what it can do. */
const version = { package: 'tcompose', version: 'v0.25.0', revision: '' };

export const builderVersion = (engine: Engine) => ({ ...version, revision: engine.version });

/** The one worker there is. */
export const workerOf = (engine: Engine) => ({
  id: `tcompose-${engine.instance}`,
  labels: new Map([
    ['org.mobyproject.buildkit.worker.executor', 'tcompose'],
    // Clients take it for a sign that archives, pushing and caches are carried out.
    ['org.mobyproject.buildkit.worker.snapshotter', 'overlayfs'],
  ]),
  platforms: [
    { os: 'linux', architecture: engine.machine.architecture === 'arm64' ? 'arm64' : 'amd64', variant: '' },
  ],
  version: builderVersion(engine),
});
