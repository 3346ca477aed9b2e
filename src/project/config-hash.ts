import { createHash } from 'node:crypto';
import type { Network, Volume } from '../compose/model/resources.ts';
import type { Service } from '../compose/model/service.ts';

/** Attributes that change nothing in a container once it exists (Docker Compose leaves the same ones out). */
const NOT_HASHED = new Set([
  'name',
  'build',
  'pull_policy',
  'scale',
  'depends_on',
  'profiles',
  'develop',
  'attach',
]);

/** JSON with sorted keys; what JSON leaves out (undefined) is left out. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function hashedAttributes(service: Service): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(service))
    if (value !== undefined && key !== 'extensions' && !NOT_HASHED.has(key)) kept[key] = value;
  if (service.deploy !== undefined) {
    const { replicas: _replicas, ...deploy } = service.deploy;
    kept.deploy = deploy;
  }
  return kept;
}

/** Hash of everything in a service that its containers are made from: 64 hex digits. */
export const serviceHash = (service: Service): string => sha256(stableJson(hashedAttributes(service)));

/** Short hashes of each attribute: `command=1f2e3d4c,image=…`. */
export function serviceParts(service: Service): string {
  return Object.entries(hashedAttributes(service))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${sha256(stableJson(value)).slice(0, 8)}`)
    .join(',');
}

/** Attributes that differ between two `serviceParts`, sorted; undefined when the old ones are unknown. */
export function changedParts(before: string | undefined, after: string): readonly string[] | undefined {
  if (before === undefined) return undefined;
  const read = (text: string) => new Map(text.split(',').map((part) => part.split('=') as [string, string]));
  const [old, fresh] = [read(before), read(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((key) => key !== '' && old.get(key) !== fresh.get(key))
    .sort();
}

export const networkHash = (network: Network): string => sha256(stableJson(withoutExtensions(network)));

export const volumeHash = (volume: Volume): string =>
  sha256(stableJson(withoutExtensions({ ...volume, driver: volume.driver ?? 'local' })));

function withoutExtensions<T extends { extensions?: unknown }>(value: T): Omit<T, 'extensions'> {
  const { extensions: _extensions, ...rest } = value;
  return rest;
}
