import type { ResolverFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import { asRoot, type Ground } from '../ground.ts';

/** The servers that resolve names of other machines; containers ask the engine, which asks them. */
export function resolverFindings({ text, listening }: ResolverFacts, ground: Ground): readonly Finding[] {
  const lost = 'names of other machines cannot be resolved, and nothing can be pulled';
  if (text === undefined) {
    return [
      limited(
        'resolver.file',
        `/etc/resolv.conf cannot be read: ${lost}`,
        asRoot(ground, 'ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf'),
      ),
    ];
  }
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server = '']) => server);
  if (servers.length === 0) {
    return [
      limited(
        'resolver.servers',
        `/etc/resolv.conf names no server: ${lost}`,
        asRoot(ground, 'resolvectl status'),
      ),
    ];
  }
  const local = servers.filter((server) => /^(127\.|::1$)/.test(server));
  if (local.length === servers.length && !local.some((server) => listens(server, listening))) {
    const stub = local.includes('127.0.0.53');
    return [
      limited(
        'resolver.local',
        `nothing on this machine answers at ${local.join(', ')}, which /etc/resolv.conf names: ${lost}`,
        stub ? asRoot(ground, 'systemctl restart systemd-resolved') : undefined,
      ),
    ];
  }
  return [ok('resolver.servers', servers.join(', '))];
}

const listens = (server: string, listening: readonly string[]): boolean =>
  [server, '0.0.0.0', '::'].some((address) => listening.includes(address));
