import type { TreeMap } from '../tree.ts';
import { isAddress, withoutBrackets } from '../values/ip.ts';

type Failure = { readonly error: string };
type Range = { readonly first: number; readonly last: number };

/**
 * Long form of `[[ip:][published]:]target[/protocol]`, where `published` and `target` are ports or ranges: one entry
 * for each container port, in the textual order of `port/protocol` (Docker's port parser,
 * https://docs.docker.com/reference/compose-file/services/#ports). A published range for a single container port stays
 * a range: the engine picks a free port from it. Returns a sentence when the text is not a port.
 */
export function parsePort(text: string): TreeMap[] | Failure {
  const slash = text.indexOf('/');
  const protocol = (slash === -1 ? '' : text.slice(slash + 1).toLowerCase()) || 'tcp';
  const parts = (slash === -1 ? text : text.slice(0, slash)).split(':');
  const targetText = parts.pop() ?? '';
  const publishedText = parts.pop() ?? '';
  const hostIp = withoutBrackets(parts.join(':'));
  if (targetText === '') return { error: 'it has no container port' };
  const target = parseRange(targetText);
  if ('error' in target) return { error: `the container port ${target.error}` };
  const published = publishedText === '' ? undefined : parseRange(publishedText);
  if (published !== undefined && 'error' in published) return { error: `the host port ${published.error}` };
  if (hostIp !== '' && !isAddress(hostIp)) return { error: `"${hostIp}" is not an IP address` };
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) return { error: `"${protocol}" is not tcp, udp or sctp` };
  const count = target.last - target.first;
  if (published !== undefined && count > 0 && published.last - published.first !== count) {
    return { error: `the ranges ${publishedText} and ${targetText} differ in length` };
  }
  const entries: TreeMap[] = [];
  for (let offset = 0; offset <= count; offset += 1) {
    const host =
      published === undefined
        ? ''
        : count === 0 && published.last > published.first
          ? `${published.first}-${published.last}`
          : String(published.first + offset);
    entries.push({
      mode: 'ingress',
      ...(hostIp === '' ? {} : { host_ip: hostIp }),
      target: target.first + offset,
      ...(host === '' ? {} : { published: host }),
      protocol,
    });
  }
  return entries.length < 2
    ? entries
    : entries.sort((a, b) => (String(a.target) < String(b.target) ? -1 : 1));
}

function parseRange(text: string): Range | Failure {
  const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(text);
  if (match === null) return { error: `"${text}" is not a number or range` };
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first > 65_535 || last > 65_535) return { error: `"${text}" is above 65535` };
  return last < first ? { error: `range "${text}" runs backwards` } : { first, last };
}
