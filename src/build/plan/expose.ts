import { isIP } from 'node:net';
import { fault } from '../dockerfile/fault.ts';
import { goQuote } from '../go-quote.ts';

/** Ports of one word of EXPOSE, in the configuration's form, and warnings about the word. */
export interface ExposedPorts {
  readonly ports: readonly string[];
  readonly hostPart: boolean;
  readonly upperCase: boolean;
}

/**
 * Reads `[ip:][hostport:]port[-end][/protocol]`.
 * @throws TcomposeError BUILD_DOCKERFILE
 */
export function exposedPorts(word: string): ExposedPorts {
  const slash = word.indexOf('/');
  const address = slash < 0 ? word : word.slice(0, slash);
  const written = slash < 0 ? 'tcp' : word.slice(slash + 1);
  const protocol = written.toLowerCase() || 'tcp';
  if (!['tcp', 'udp', 'sctp'].includes(protocol))
    throw fault(`invalid port: ${goQuote(word)}: invalid proto: ${written}`);
  const parts = address.split(':');
  const [port, hostPort = ''] = [parts.pop()!, parts.pop()];
  const ip = parts.join(':');
  if (isIP(ip.replace(/^\[(.*)\]$/, '$1')) === 0 && ip !== '') throw fault(`invalid IP address: ${ip}`);
  if (port === '') throw fault(`invalid port: ${goQuote(word)}: no port specified`);
  const range = portRange(port);
  if (range === undefined) throw fault(`invalid containerPort: ${port}`);
  const host = hostPort === '' ? undefined : portRange(hostPort);
  if (hostPort !== '' && host === undefined) throw fault(`invalid hostPort: ${hostPort}`);
  const [start, end] = range;
  // Several host ports are a choice for one port.
  if (host !== undefined && end !== start && host[1] - host[0] !== end - start)
    throw fault(`invalid ranges specified for container and host Ports: ${port} and ${hostPort}`);
  const ports = Array.from({ length: end - start + 1 }, (_, at) => `${start + at}/${protocol}`);
  return { ports, hostPart: ip !== '' || hostPort !== '', upperCase: written !== written.toLowerCase() };
}

/** The first and the last port of `port[-end]`. */
function portRange(text: string): readonly [number, number] | undefined {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [start, end] = [Number(first), Number(last)];
  return first === '' || start > 65535 || end > 65535 || end < start ? undefined : [start, end];
}
