import { isIP } from 'node:net';
import type { DnsOptions } from '../service-types.ts';

/** Address of the resolver inside every container on a network. */
export const DNS_ADDRESS = '127.0.0.11';
/** The stub listener of systemd-resolved; another file lists the real servers behind it. */
const STUB_ADDRESSES = new Set(['127.0.0.53', '127.0.0.54']);
const MAX_SERVERS = 3;

export interface ResolvConf {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Parses resolv.conf(5): nameserver lines, the last of search and domain, all options. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: string[] = [];
  const options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0]) servers.push(values[0]);
    else if (keyword === 'search' || keyword === 'domain') search = values;
    else if (keyword === 'options') options.push(...values);
  }
  return { servers, search, options };
}

/**
 * The servers to which queries are forwarded: at most three, without ourselves, with systemd-resolved's stub replaced
 * by the servers in its own file (`uplinks`) if that has any.
 */
export function upstreamServers(host: ResolvConf, uplinks: ResolvConf | undefined): string[] {
  const expanded = host.servers.flatMap((server) =>
    STUB_ADDRESSES.has(server) && uplinks && uplinks.servers.length > 0 ? uplinks.servers : [server],
  );
  return cleanServers(expanded);
}

export const cleanServers = (servers: readonly string[]): string[] =>
  [...new Set(servers)]
    .filter((server) => server !== DNS_ADDRESS && isIP(server.split('%')[0]!) !== 0)
    .slice(0, MAX_SERVERS);

/**
 * resolv.conf of a container: only our server; search list and options of the container, else the host's. ndots:0 makes
 * resolvers try a plain service name before any search domain.
 */
export function containerResolvConf(host: ResolvConf, dns: DnsOptions = {}): string {
  const search = (dns.search ?? host.search).filter((domain) => domain !== '.');
  const asked = dns.options ?? host.options;
  const options = asked.some((option) => option.startsWith('ndots:')) ? asked : [...asked, 'ndots:0'];
  return [
    `nameserver ${DNS_ADDRESS}`,
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    `options ${options.join(' ')}`,
    '',
  ].join('\n');
}
