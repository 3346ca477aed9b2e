import type { PortRequest } from '../../../network/service-types.ts';
import type { ContainerConfig } from '../../api/container-config.ts';
import type { HostConfig } from '../../api/host-config.ts';
import { badParameter } from '../../http/failure.ts';

const keyPattern = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/;

interface PortKey {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

/** `80/tcp`, `53/udp`, `80` (tcp), `8000-8002/tcp` (three). Throws 400. */
export function parsePortKey(text: string): PortKey[] {
  const ports = portsOf(text);
  if (ports === undefined) throw badParameter(`invalid port specification: "${text}"`);
  return ports;
}

/** Undefined when the text is not a port. */
function portsOf(text: string): PortKey[] | undefined {
  const match = keyPattern.exec(text.toLowerCase());
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? first : Number(match[2]);
  if (match === null || first < 1 || last > 65_535 || last < first) return undefined;
  const protocol = (match[3] ?? 'tcp') as PortKey['protocol'];
  return Array.from({ length: last - first + 1 }, (_, index) => ({ port: first + index, protocol }));
}

/** The ports that a container exposes. Invalid ports of an image are ignored. */
export function exposedPorts({ ExposedPorts }: Pick<ContainerConfig, 'ExposedPorts'>): PortKey[] {
  return Object.keys(ExposedPorts ?? {}).flatMap((text) => portsOf(text) ?? []);
}

/** `8080/tcp`. */
export const portKey = (key: { readonly port: number; readonly protocol: string }): string =>
  `${key.port}/${key.protocol}`;

/** HostConfig.PortBindings, and with PublishAllPorts every exposed port, as requests for the network service. Throws 400. */
export function collectPorts(
  host: Pick<HostConfig, 'PortBindings' | 'PublishAllPorts'>,
  config: Pick<ContainerConfig, 'ExposedPorts'>,
): PortRequest[] {
  const requests: PortRequest[] = [];
  const bound = new Set<string>();
  for (const [text, bindings] of Object.entries(host.PortBindings ?? {})) {
    for (const key of parsePortKey(text)) {
      bound.add(portKey(key));
      for (const binding of bindings ?? []) {
        requests.push({
          protocol: key.protocol,
          containerPort: key.port,
          hostIp: binding.HostIp ?? '',
          ...parseHostPort(binding.HostPort ?? ''),
        });
      }
    }
  }
  if (host.PublishAllPorts) {
    for (const text of Object.keys(config.ExposedPorts ?? {})) {
      for (const key of parsePortKey(text)) {
        if (bound.has(portKey(key))) continue;
        requests.push({ protocol: key.protocol, containerPort: key.port, hostIp: '', hostPort: 0 });
      }
    }
  }
  return requests;
}

function parseHostPort(text: string): { readonly hostPort: number; readonly hostPortEnd?: number } {
  if (text === '' || text === '0') return { hostPort: 0 };
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? undefined : Number(match[2]);
  if (match === null || first > 65_535 || (last !== undefined && (last < first || last > 65_535))) {
    throw badParameter(`invalid port specification: "${text}"`);
  }
  return last === undefined || last === first ? { hostPort: first } : { hostPort: first, hostPortEnd: last };
}
