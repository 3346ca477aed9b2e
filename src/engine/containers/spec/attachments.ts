import type { NetworkRecord } from '../../../network/index.ts';
import type { HostConfig } from '../../api/host-config.ts';
import type { EndpointSettings, NetworkingConfig } from '../../api/network.ts';
import { badParameter } from '../../http/failure.ts';
import { shortId } from '../../ids.ts';
import type { Container } from '../container.ts';
import type { Attachment } from '../record.ts';
import { checkInterface } from './interface-settings.ts';

type NetworkModeKind =
  | { readonly kind: 'none' | 'host' }
  | { readonly kind: 'container'; readonly reference: string }
  | { readonly kind: 'networks'; readonly first: string };

/** Reads HostConfig.NetworkMode. */
export function networkMode(mode: string | undefined): NetworkModeKind {
  if (mode === 'none' || mode === 'host') return { kind: mode };
  if (mode?.startsWith('container:'))
    return { kind: 'container', reference: mode.slice('container:'.length) };
  return {
    kind: 'networks',
    first: mode === undefined || mode === '' || mode === 'default' ? 'bridge' : mode,
  };
}

/**
 * The networks that a new container joins, by network name: NetworkMode's first, then the others of EndpointsConfig.
 * Throws 400 for contradictions and 404 for unknown networks (from `need`).
 */
export function planAttachments(
  host: Pick<HostConfig, 'NetworkMode'>,
  networking: NetworkingConfig | null | undefined,
  macAddress: string | undefined,
  need: (reference: string) => NetworkRecord,
): Record<string, Attachment> {
  const mode = networkMode(host.NetworkMode);
  const asked = Object.entries(networking?.EndpointsConfig ?? {});
  if (mode.kind === 'container') {
    if (asked.length > 0)
      throw badParameter('conflicting options: a container sharing a network stack joins no network');
    return {};
  }
  if (mode.kind !== 'networks') {
    const foreign = asked.find(([name]) => need(name).name !== mode.kind);
    if (foreign !== undefined) {
      throw badParameter(`conflicting options: network mode "${mode.kind}" and network "${foreign[0]}"`);
    }
    const record = need(mode.kind);
    return { [record.name]: { networkId: record.id, settings: {} } };
  }
  const joined = new Map<string, { readonly record: NetworkRecord; readonly settings: EndpointSettings }>();
  const first = need(mode.first);
  joined.set(first.name, { record: first, settings: {} });
  for (const [name, given] of asked) {
    const record = need(name);
    if (record.driver !== 'bridge') {
      throw badParameter(`network "${record.name}" cannot be joined beside another network`);
    }
    joined.set(record.name, { record, settings: given ?? {} });
  }
  // Docker's default network is only implied, not requested, when the request names others and leaves the mode unset.
  const result: Record<string, Attachment> = {};
  for (const [name, entry] of joined) {
    const isFirst = name === first.name;
    const settings =
      isFirst && macAddress && !entry.settings.MacAddress
        ? { ...entry.settings, MacAddress: macAddress }
        : entry.settings;
    checkInterface(settings);
    result[name] = { networkId: entry.record.id, settings };
  }
  return result;
}

/** The names of a container on one network. */
export function aliasesOf(
  container: { readonly id: string; readonly name: string },
  settings: EndpointSettings,
  hostname: string | undefined,
): string[] {
  const names = [
    container.name,
    ...(settings.Aliases ?? []),
    shortId(container.id),
    ...(hostname ? [hostname] : []),
  ];
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

/** Ids of the networks by descending GwPriority (default 0); those with equal priority in the order of attachment. */
export function gatewayOrder(attachments: Readonly<Record<string, Attachment>>): readonly string[] {
  const priority = ({ settings }: Attachment): number => settings.GwPriority ?? 0;
  return Object.values(attachments)
    .sort((a, b) => priority(b) - priority(a))
    .map(({ networkId }) => networkId);
}

/**
 * Names that HostConfig.Links and the endpoints' Links (`container:alias`) give to others, alias → container's name:
 * the name server answers with the container's address at the time of the query.
 */
export function linkedNames(
  container: Container,
  nameOf: (reference: string) => string | undefined,
): Record<string, string> {
  const links = [
    ...(container.hostConfig.Links ?? []),
    ...Object.values(container.mutable.attachments).flatMap(({ settings }) => settings.Links ?? []),
  ];
  return Object.fromEntries(
    links.map((link) => {
      const [reference = '', alias] = link.split(':');
      const target = reference.replace(/^\//, '');
      const name = nameOf(target) ?? target;
      return [alias?.split('/').at(-1) || name, name];
    }),
  );
}

/** Containers with an attachment to a network, running or not. */
export function attachedTo(containers: readonly Container[], networkId: string): Container[] {
  return containers.filter((container) =>
    Object.values(container.mutable.attachments).some((attachment) => attachment.networkId === networkId),
  );
}
