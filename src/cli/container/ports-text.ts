import type { PortSummary } from '../../engine/api/container.ts';

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** `0.0.0.0:8080->80/tcp, 443/tcp`: without duplicates, by private port, IPv4 before IPv6. */
export function portsText(ports: readonly PortSummary[]): string {
  const texts = [...ports]
    .sort((a, b) => a.PrivatePort - b.PrivatePort || compare(a.IP ?? '', b.IP ?? ''))
    .map((port) => {
      const ip = port.IP?.includes(':') === true ? `[${port.IP}]` : (port.IP ?? '');
      const target = `${port.PrivatePort}/${port.Type}`;
      return port.PublicPort ? `${ip}:${port.PublicPort}->${target}` : target;
    });
  return [...new Set(texts)].join(', ');
}
