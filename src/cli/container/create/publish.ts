import type { PortBindingRequest } from '../../../engine/api/host-config.ts';
import { TcomposeError } from '../../../errors.ts';

interface PublishedPorts {
  readonly exposed: Readonly<Record<string, object>>;
  readonly bindings: Readonly<Record<string, readonly PortBindingRequest[]>>;
}

const form = /^(?:(?:(\[[^\]]+\]|[^:[\]]*):)?(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/i;

/**
 * `[IP:][HOST_PORT:]PORT[/PROTOCOL]`, each port a number or a range of the same length (docker's --publish).
 * @throws TcomposeError CLI_USAGE
 */
export function parsePublish(specs: readonly string[], expose: readonly string[]): PublishedPorts {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, PortBindingRequest[]> = {};
  for (const spec of specs) {
    const match = form.exec(spec);
    if (match === null) throw bad(spec, 'it is not of the form [IP:][HOST_PORT:]PORT[/PROTOCOL]');
    const [, ip = '', hostText, containerText = '', protocol = 'tcp'] = match;
    const container = range(containerText, spec);
    const host = hostText === undefined ? undefined : range(hostText, spec);
    const single = container.length === 1;
    if (host !== undefined && host.length !== container.length && !single)
      throw bad(spec, 'the two ranges have different lengths');
    container.forEach((port, i) => {
      const key = `${port}/${protocol.toLowerCase()}`;
      const HostPort = host === undefined ? '' : single && host.length > 1 ? hostText! : String(host[i]);
      exposed[key] = {};
      bindings[key] = [...(bindings[key] ?? []), { HostIp: ip.replace(/^\[|\]$/g, ''), HostPort }];
    });
  }
  for (const spec of expose) {
    const match = /^(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/i.exec(spec);
    if (match === null) throw bad(spec, 'it is not of the form PORT[/PROTOCOL]');
    for (const port of range(match[1]!, spec)) exposed[`${port}/${(match[2] ?? 'tcp').toLowerCase()}`] = {};
  }
  return { exposed, bindings };
}

function range(text: string, spec: string): number[] {
  const [first = 0, last = first] = text.split('-').map(Number);
  if (first < 1 || last > 65535 || last < first) throw bad(spec, `${text} is not a port or a range of ports`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const bad = (spec: string, why: string) => new TcomposeError('CLI_USAGE', `invalid port "${spec}": ${why}`);
