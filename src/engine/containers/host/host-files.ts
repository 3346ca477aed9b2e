import { readFileSync, writeFileSync } from 'node:fs';
import type { EndpointRecord } from '../../../network/index.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { networkMode } from '../spec/attachments.ts';
import { type HostFiles, hostFilesIn } from './host-file-names.ts';

const localNames = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** Text of /etc/hosts: local names, extra hosts, then the container's own addresses. Pure. */
export function hostsText(input: {
  /** The host's file, for containers in the host's network namespace. */
  readonly base: string | undefined;
  /** `name:address` or `name=address`; the address may be `host-gateway`. */
  readonly extraHosts: readonly string[];
  readonly hostGateway: string;
  readonly own: readonly { readonly address: string; readonly names: readonly string[] }[];
}): string {
  const lines: string[] = [];
  for (const entry of input.extraHosts) {
    const at = entry.search(/[:=]/);
    const name = entry.slice(0, at);
    const given = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
    lines.push(`${given === 'host-gateway' ? input.hostGateway : given}\t${name}`);
  }
  for (const { address, names } of input.own) lines.push(`${address}\t${names.join(' ')}`);
  const base = input.base ?? localNames;
  return `${base}${base.endsWith('\n') || base === '' ? '' : '\n'}${lines.map((line) => `${line}\n`).join('')}`;
}

/**
 * Writes hosts, hostname and resolv.conf into a container's run directory before its start. A container that shares
 * another's network uses that container's files instead.
 */
export function writeHostFiles(
  engine: Engine,
  container: Container,
  endpoints: readonly EndpointRecord[],
): HostFiles {
  const { hostConfig: host, config } = container.record;
  const mode = networkMode(host.NetworkMode);
  const files = hostFilesIn(container.runDir);
  if (mode.kind === 'container') {
    const other = engine.containers.need(mode.reference);
    return hostFilesIn(other.runDir);
  }
  const hostname = config.Hostname || readText('/etc/hostname').trim() || 'localhost';
  const fullNames = config.Domainname ? [`${hostname}.${config.Domainname}`, hostname] : [hostname];
  const first = endpoints[0];
  const network = first === undefined ? undefined : engine.networks.find(first.networkId);
  const hosts = hostsText({
    base: mode.kind === 'host' ? readText('/etc/hosts') : undefined,
    extraHosts: host.ExtraHosts ?? [],
    hostGateway:
      engine.privilege.hostAddress() ??
      network?.pools.find((pool) => pool.family === 4)?.gateway ??
      '127.0.0.1',
    own: endpoints.flatMap((endpoint) => [
      { address: endpoint.ipv4, names: fullNames },
      ...(endpoint.ipv6 === undefined ? [] : [{ address: endpoint.ipv6, names: fullNames }]),
    ]),
  });
  writeFileSync(files.hosts, hosts, { mode: 0o644 });
  writeFileSync(files.hostname, `${hostname}\n`, { mode: 0o644 });
  const dns = dnsOptions(container);
  const resolver =
    mode.kind === 'networks' || dns !== undefined ? engine.net.resolvConf(dns) : readText('/etc/resolv.conf');
  writeFileSync(files.resolvConf, resolver, { mode: 0o644 });
  return files;
}

/** What HostConfig says about name resolution, or undefined. */
export function dnsOptions(
  container: Container,
): { servers?: readonly string[]; search?: readonly string[]; options?: readonly string[] } | undefined {
  const { Dns, DnsSearch, DnsOptions } = container.hostConfig;
  if (!Dns?.length && !DnsSearch?.length && !DnsOptions?.length) return undefined;
  return {
    ...(Dns?.length ? { servers: Dns } : {}),
    ...(DnsSearch?.length ? { search: DnsSearch } : {}),
    ...(DnsOptions?.length ? { options: DnsOptions } : {}),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
