import type { StringMap } from './common.ts';

export interface EndpointIpamConfig {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[] | null;
}

/** A container's place in a network: in requests what is asked for, in answers what was assigned. */
export interface EndpointSettings {
  readonly IPAMConfig?: EndpointIpamConfig | null;
  readonly Links?: readonly string[] | null;
  readonly Aliases?: readonly string[] | null;
  readonly MacAddress?: string;
  readonly DriverOpts?: StringMap | null;
  /** The endpoint with the highest priority gets the default route (API ≥ 1.48; always included in answers). */
  readonly GwPriority?: number;
  readonly NetworkID?: string;
  readonly EndpointID?: string;
  readonly Gateway?: string;
  readonly IPAddress?: string;
  readonly IPPrefixLen?: number;
  readonly IPv6Gateway?: string;
  readonly GlobalIPv6Address?: string;
  readonly GlobalIPv6PrefixLen?: number;
  readonly DNSNames?: readonly string[] | null;
}

/** Networks to join at creation, by name or id. */
export interface NetworkingConfig {
  readonly EndpointsConfig?: Readonly<Record<string, EndpointSettings | null>> | null;
}

export interface IpamPool {
  readonly Subnet?: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  /** The API's name for compose's aux_addresses. */
  readonly AuxiliaryAddresses?: StringMap | null;
}

export interface Ipam {
  readonly Driver?: string;
  readonly Config?: readonly IpamPool[] | null;
  readonly Options?: StringMap | null;
}

/** POST /networks/create */
export interface NetworkCreateRequest {
  readonly Name: string;
  readonly CheckDuplicate?: boolean;
  readonly Driver?: string;
  readonly Scope?: string;
  readonly Internal?: boolean;
  readonly Attachable?: boolean;
  readonly Ingress?: boolean;
  readonly ConfigOnly?: boolean;
  readonly ConfigFrom?: { readonly Network: string } | null;
  readonly IPAM?: Ipam | null;
  readonly EnableIPv4?: boolean | null;
  readonly EnableIPv6?: boolean | null;
  readonly Options?: StringMap | null;
  readonly Labels?: StringMap | null;
}

export interface NetworkCreateResponse {
  readonly Id: string;
  readonly Warning: string;
}

/** GET /networks/{id}, and element of GET /networks (there `Containers` is empty). */
export interface NetworkInspect {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: 'local';
  readonly Driver: string;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly IPAM: Ipam;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigFrom: { readonly Network: string };
  readonly ConfigOnly: boolean;
  readonly Containers: Readonly<
    Record<
      string,
      {
        readonly Name: string;
        readonly EndpointID: string;
        readonly MacAddress: string;
        /** CIDR notation. */
        readonly IPv4Address: string;
        readonly IPv6Address: string;
      }
    >
  >;
  readonly Options: StringMap;
  readonly Labels: StringMap;
}

/** POST /networks/{id}/connect */
export interface NetworkConnectRequest {
  readonly Container: string;
  readonly EndpointConfig?: EndpointSettings | null;
}

/** POST /networks/{id}/disconnect */
export interface NetworkDisconnectRequest {
  readonly Container: string;
  readonly Force?: boolean;
}
