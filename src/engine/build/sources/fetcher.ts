import { join } from 'node:path';
import { proxiesOfEnvironment } from '../../../registry/proxy/proxy-settings.ts';
import type { Engine } from '../../context.ts';
import { createDownloads } from './downloads.ts';
import { fetchRepository } from './fetch-repository.ts';
import type { Fetcher } from './fetch-types.ts';
import { fetchUrl } from './fetch-url.ts';

export function createFetcher(engine: Engine): Fetcher {
  const downloads = createDownloads(process.env, proxiesOfEnvironment(process.env));
  const surroundings = {
    now: () => engine.clock.now(),
    fetched: () => engine.fault('build:fetched'),
    knownHosts: join(engine.layout.lib, 'build', 'known_hosts'),
  };
  return (source, as) =>
    source.kind === 'http'
      ? fetchUrl(source, as, { ...surroundings, downloads })
      : fetchRepository(source, as, surroundings);
}
