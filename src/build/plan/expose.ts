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
  const colon = address.lastIndexOf(':');
  const port = address.slice(colon + 1);
  const [, first = '', last] = /^(\d+)(?:-(\d+))?$/.exec(port) ?? [];
  const [start, end] = [Number(first), Number(last ?? first)];
  if (first === '' || start > 65535 || end > 65535 || end < start)
    throw fault(`invalid containerPort: ${port}`);
  const ports = Array.from({ length: end - start + 1 }, (_, at) => `${start + at}/${protocol}`);
  return { ports, hostPart: colon >= 0, upperCase: written !== written.toLowerCase() };
}
