import { buildRoutes } from '../build/routes.ts';
import { buildkitRoutes } from '../buildkit/routes.ts';
import type { Engine } from '../context.ts';
import type { Route } from '../http/router.ts';
import { absentRoutes } from './absent.ts';
import { archiveRoutes } from './archive.ts';
import { containerStreamRoutes } from './container-streams.ts';
import { containerRoutes } from './containers.ts';
import { eventRoutes } from './events.ts';
import { execRoutes } from './execs.ts';
import { imageArchiveRoutes } from './image-archives.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { registryRoutes } from './registries.ts';
import { successionRoutes, syncRoutes } from './sync.ts';
import { systemRoutes } from './system.ts';
import { type Lifetime, tcomposeRoutes } from './tcompose.ts';
import { volumeRoutes } from './volumes.ts';

/** The whole API, in the order in which routes are matched. */
export function allRoutes(engine: Engine, lifetime: Lifetime): Route[] {
  return [
    ...systemRoutes(engine),
    ...buildkitRoutes(engine),
    ...absentRoutes(),
    ...containerRoutes(engine),
    ...containerStreamRoutes(engine),
    ...execRoutes(engine),
    ...archiveRoutes(engine),
    ...imageArchiveRoutes(engine),
    ...registryRoutes(engine),
    ...imageRoutes(engine),
    ...buildRoutes(engine),
    ...networkRoutes(engine),
    ...volumeRoutes(engine),
    ...eventRoutes(engine),
    ...syncRoutes(engine),
    ...successionRoutes(engine),
    ...tcomposeRoutes(engine, lifetime),
  ];
}
