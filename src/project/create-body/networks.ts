import type { Port, ServiceNetwork } from '../../compose/model/networking.ts';
import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import type { PortBindingRequest } from '../../engine/api/host-config.ts';
import type { EndpointSettings } from '../../engine/api/network.ts';
import { containerName } from '../names.ts';

/** A network of a service, with its endpoint in the API's form. */
export interface EndpointPart {
  /** Key in the compose file. */
  readonly key: string;
  /** Name in the engine. */
  readonly network: string;
  readonly settings: EndpointSettings;
}

/** The container to which endpoints belong. */
interface EndpointOwner {
  readonly name: string;
  /** It can be reached by its service's name and aliases, too: those of `run` can't unless requested. */
  readonly useAliases: boolean;
  /** Name of another service's first container, if it has one. */
  readonly containerOf: (service: string) => string | undefined;
}

/** Endpoints, in the order of attachment: by descending `priority`, then by key. */
export function endpointParts(
  project: Project,
  service: Service,
  container: EndpointOwner,
): readonly EndpointPart[] {
  if (service.network_mode !== undefined) return [];
  const entries = Object.entries(service.networks ?? {});
  entries.sort(([a, x], [b, y]) => (y?.priority ?? 0) - (x?.priority ?? 0) || (a < b ? -1 : 1));
  const hasPriority = entries.some(([, endpoint]) => (endpoint?.priority ?? 0) !== 0);
  return entries.map(([key, endpoint], at) => ({
    key,
    network: project.networks[key]?.name ?? key,
    settings: endpointSettings(project, service, endpoint, {
      container,
      // The service's own mac_address belongs to its primary network.
      mac:
        endpoint?.mac_address ??
        (at === 0 || (!hasPriority && entries.length === 1) ? service.mac_address : undefined),
    }),
  }));
}

function endpointSettings(
  project: Project,
  service: Service,
  endpoint: ServiceNetwork | null,
  own: { readonly container: EndpointOwner; readonly mac: string | undefined },
): EndpointSettings {
  const ipam = {
    ...(endpoint?.ipv4_address === undefined ? {} : { IPv4Address: endpoint.ipv4_address }),
    ...(endpoint?.ipv6_address === undefined ? {} : { IPv6Address: endpoint.ipv6_address }),
    ...(endpoint?.link_local_ips === undefined ? {} : { LinkLocalIPs: endpoint.link_local_ips }),
  };
  const options = {
    ...endpoint?.driver_opts,
    ...(endpoint?.interface_name === undefined
      ? {}
      : { 'com.docker.network.endpoint.ifname': endpoint.interface_name }),
  };
  const links = [...linksOf(project, service, own.container.containerOf), ...externalLinks(service)];
  return {
    Aliases: own.container.useAliases
      ? [...new Set([own.container.name, service.name, ...(endpoint?.aliases ?? [])])]
      : [own.container.name],
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
    ...(own.mac === undefined ? {} : { MacAddress: own.mac }),
    ...(Object.keys(options).length === 0 ? {} : { DriverOpts: options }),
    ...(endpoint?.gw_priority === undefined ? {} : { GwPriority: endpoint.gw_priority }),
    ...(links.length === 0 ? {} : { Links: links }),
  };
}

/**
 * `links` in the API's form, `container:alias`, for the first replica of the linked service: it is reached by the alias,
 * its name, and its name without the project's.
 */
function linksOf(
  project: Project,
  service: Service,
  containerOf: EndpointOwner['containerOf'],
): readonly string[] {
  return (service.links ?? []).flatMap((link) => {
    const [target = '', alias = target] = link.split(':');
    const linked = project.services[target];
    if (linked === undefined) return [];
    const name = containerOf(target) ?? containerName(project.name, linked, 1);
    const own = name.slice(project.name.length);
    const short = /^[-_]/.test(own) && name.startsWith(project.name) ? [`${name}:${own.slice(1)}`] : [];
    return [`${name}:${alias}`, ...short, `${name}:${name}`];
  });
}

const externalLinks = (service: Service) =>
  (service.external_links ?? []).map((link) => (link.includes(':') ? link : `${link}:${link}`));

/** `8080/tcp` for each port that a service uses or exposes, and the published ports. */
export function portParts(service: Service): {
  readonly exposed: Readonly<Record<string, object>>;
  readonly bindings: Readonly<Record<string, readonly PortBindingRequest[]>>;
} {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, PortBindingRequest[]> = {};
  for (const entry of service.expose ?? []) {
    const [range = '', protocol = 'tcp'] = entry.split('/');
    const [first, last = first] = range.split('-').map(Number);
    for (let port = first!; port <= last!; port++) exposed[`${port}/${protocol}`] = {};
  }
  for (const port of service.ports ?? []) {
    const key = portKey(port);
    exposed[key] = {};
    bindings[key] = [
      ...(bindings[key] ?? []),
      { ...(port.host_ip === undefined ? {} : { HostIp: port.host_ip }), HostPort: port.published ?? '' },
    ];
  }
  return { exposed, bindings };
}

const portKey = (port: Port) => `${port.target}/${port.protocol ?? 'tcp'}`;
