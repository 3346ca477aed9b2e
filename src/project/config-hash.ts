import {
  configHash,
  foreignHashInputs,
  networkHashInput,
  serviceHashInput,
  serviceHashParts,
  volumeHashInput,
} from '../compose/config/hash-input.ts';
import type { Network, Volume } from '../compose/model/resources.ts';
import type { Service } from '../compose/model/service.ts';

/** Hash of everything in a service that determines its containers, as printed by `config --hash`: 64 hex digits. */
export const serviceHash = (service: Service): string => configHash(serviceHashInput(service));

/**
 * Hashes that versions of Docker Compose compute for the same service: a container with one of them is as up to date as
 * with ours.
 */
export const foreignHashes = (
  service: Service,
  containerOf: (service: string) => string | undefined,
): readonly string[] => foreignHashInputs(service, containerOf).map(configHash);

/** Hash of a network's configuration in the compose file. */
export const networkHash = (network: Network): string => configHash(networkHashInput(network));

/** Hash of a volume's configuration in the compose file. */
export const volumeHash = (volume: Volume): string => configHash(volumeHashInput(volume));

/** Short hashes of each attribute: `command=1f2e3d4c,image=…`. */
export const serviceParts = (service: Service): string =>
  serviceHashParts(service)
    .map(([attribute, text]) => `${attribute}=${configHash(text).slice(0, 8)}`)
    .sort()
    .join(',');

/** Attributes that differ between two `serviceParts`, sorted; undefined if the old ones are unknown. */
export function changedParts(before: string | undefined, after: string): readonly string[] | undefined {
  if (before === undefined) return undefined;
  const read = (text: string) => new Map(text.split(',').map((part) => part.split('=') as [string, string]));
  const [old, fresh] = [read(before), read(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((key) => key !== '' && old.get(key) !== fresh.get(key))
    .sort();
}
