import type { Project } from '../model/project.ts';
import type { Service } from '../model/service.ts';
import { isAddress, isInSubnet, withoutBrackets } from '../values/ip.ts';
import type { Report } from './report.ts';

const invalid = 'COMPOSE_INVALID_VALUE';

/** Addresses of a service that are none, or that a network of the file can't give. */
export function checkAddresses(service: Service, { networks }: Project, report: Report): void {
  const at = ['services', service.name];
  const wrong = (path: readonly (string | number)[], address: string) =>
    report(invalid, [...at, ...path], `${service.name}: "${address}" is not an IP address`);
  checkMac(service.mac_address, [...at, 'mac_address'], report);
  for (const [index, address] of (service.dns ?? []).entries())
    if (!isAddress(withoutBrackets(address))) wrong(['dns', index], address);
  for (const [name, network] of Object.entries(service.networks ?? {})) {
    const path = ['networks', name];
    checkMac(network?.mac_address, [...at, ...path, 'mac_address'], report);
    for (const attribute of ['ipv4_address', 'ipv6_address'] as const) {
      const address = network?.[attribute] ?? '';
      if (address !== '' && !isAddress(address)) wrong([...path, attribute], address);
      else if (address !== '') checkSubnet(address, name, [...at, ...path, attribute]);
    }
    for (const [index, address] of (network?.link_local_ips ?? []).entries())
      if (!isAddress(address)) wrong([...path, 'link_local_ips', index], address);
  }

  function checkSubnet(address: string, name: string, path: readonly string[]): void {
    const defined = networks[name];
    if (defined === undefined || defined.external === true) return;
    const family = address.includes(':');
    const subnets = (defined.ipam?.config ?? [])
      .map(({ subnet = '' }) => subnet)
      .filter((subnet) => subnet !== '' && subnet.includes(':') === family);
    if (subnets.length === 0 || subnets.some((subnet) => isInSubnet(address, subnet))) return;
    report(
      invalid,
      path,
      `${service.name}: no configured subnet of network ${name} contains the IP address ${address}`,
      `Its subnet is ${subnets.join(', ')}.`,
    );
  }
}

function checkMac(address: string | undefined, path: readonly string[], report: Report): void {
  if (address === undefined || address === '' || /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(address)) return;
  const hint = 'It looks like 02:42:ac:11:00:02; in quotes, or YAML may read it as a number.';
  report(invalid, path, `${path[1]}: invalid MAC address: ${address}`, hint);
}
