import type { PortFacts, PublishedPort, TakenPort } from '../facts.ts';
import { type Finding, limited, missing, ok } from '../finding.ts';
import { asRoot, type Ground, sysctl } from '../ground.ts';

/** Ports that the project publishes. */
export function portFindings(facts: PortFacts, ground: Ground): readonly Finding[] {
  const { start, published, unread } = facts;
  if (unread !== undefined) {
    return [limited('ports.project', `the ports of the project were not checked: ${unread}`)];
  }
  const low = ground.uid === 0 ? [] : published.filter(({ port }) => port < start);
  const found = facts.taken.map((port) => taken(port, ground));
  if (low.length > 0) {
    const lowest = Math.min(...low.map(({ port }) => port));
    found.push(
      missing(
        'ports.low',
        `ports below ${start} are reserved for root: ${list(low)}; publish others (${8000 + lowest}:${lowest}), or`,
        sysctl(ground, 'net.ipv4.ip_unprivileged_port_start', lowest),
      ),
    );
  }
  if (found.length > 0) return found;
  if (published.length > 0) return [ok('ports.free', `free: ${list(published)}`)];
  return [
    ok(
      'ports.low',
      ground.uid === 0 || start === 0 ? 'any can be published' : `from ${start} on can be published`,
    ),
  ];
}

const written = ({ port, protocol, service }: PublishedPort): string => `${port}/${protocol} (${service})`;

function list(ports: readonly PublishedPort[]): string {
  const shown = ports.slice(0, 6).map(written).join(', ');
  return ports.length > 6 ? `${shown} and ${ports.length - 6} more` : shown;
}

function taken(port: TakenPort, ground: Ground): Finding {
  const { holder } = port;
  if (holder === undefined)
    return missing(
      'ports.taken',
      `${written(port)} is taken, by a process that cannot be seen from here`,
      asRoot(ground, `ss -lnp 'sport = :${port.port}'`),
    );
  if (/^tcompose-(shim|ports)/.test(holder.command))
    return ok('ports.taken', `${written(port)} is published by a container of tcompose`);
  const who = `${holder.command} (pid ${holder.pid})`;
  const fix = holder.unit === undefined ? undefined : asRoot(ground, `systemctl stop ${holder.unit}`);
  return missing('ports.taken', `${written(port)} is taken by ${who}: stop it, or publish another port`, fix);
}
