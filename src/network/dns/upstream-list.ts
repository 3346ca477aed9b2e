import { readFileSync, statSync } from 'node:fs';
import { parseResolvConf, type ResolvConf, upstreamServers } from './resolv-conf.ts';

export interface HostResolvers {
  servers(): readonly string[];
  /** Search list and options, for containers' resolv.conf. */
  config(): ResolvConf;
}

interface Paths {
  readonly resolvConf: string;
  readonly uplinks: string;
}

const CHECK_EVERY_MS = 1000;

/**
 * The host's resolvers, read again whenever one of the files was replaced: laptops change networks. The files are
 * checked on use, at most once a second by `now` (milliseconds, monotonic).
 */
export function watchHostResolvers(
  now: () => number,
  paths: Paths = { resolvConf: '/etc/resolv.conf', uplinks: '/run/systemd/resolve/resolv.conf' },
): HostResolvers {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let stamp = '';
  let config: ResolvConf = { servers: [], search: [], options: [] };
  let servers: string[] = [];

  function refresh(): void {
    if (now() - checkedAt < CHECK_EVERY_MS) return;
    checkedAt = now();
    const seen = `${stampOf(paths.resolvConf)} ${stampOf(paths.uplinks)}`;
    if (seen === stamp) return;
    stamp = seen;
    config = read(paths.resolvConf) ?? { servers: [], search: [], options: [] };
    servers = upstreamServers(config, read(paths.uplinks));
  }

  return {
    servers() {
      refresh();
      return servers;
    },
    config() {
      refresh();
      return config;
    },
  };
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.ino}:${stat.mtimeNs}:${stat.size}` : '-';
}

function read(path: string): ResolvConf | undefined {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
