import type { struct } from '../codec/collections.ts';
import type { Out } from '../codec/out.ts';
import { network, volume } from '../codec/resource-fields.ts';
import { service } from '../codec/service-fields.ts';
import type { Network, Volume } from '../model/resources.ts';
import type { Service } from '../model/service.ts';
import { writeJson } from './write-json.ts';

/**
 * The text a service's configuration hash is made from: its attributes as compact JSON in the order of `config`, without
 * those that change nothing in its containers (build, pull_policy, scale, deploy.replicas, depends_on, profiles) and without
 * `x-*`. The set and order of attributes are Docker Compose's; that the hashes are equal is not verified.
 */
export function serviceHashInput(given: Service): string {
  const { build: _b, pull_policy: _p, scale: _s, depends_on: _d, profiles: _f, name: _n, ...rest } = given;
  const { replicas: _r, ...deploy } = given.deploy ?? {};
  return compact(service, given.deploy === undefined ? rest : { ...rest, deploy });
}

/** The text a network's configuration hash is made from. */
export const networkHashInput = (given: Network): string => compact(network, given);

/** The text a volume's configuration hash is made from; a volume without driver counts as `local`. */
export const volumeHashInput = (given: Volume): string =>
  compact(volume, { ...given, driver: given.driver ?? 'local' });

/** SHA-256 of a hash input, 64 hex digits: the label `com.docker.compose.config-hash`. */
export const configHash = (input: string): string =>
  // Asked for here so that printing a project does not load it.
  process.getBuiltinModule('node:crypto').createHash('sha256').update(input).digest('hex');

const compact = (codec: ReturnType<typeof struct>, value: object): string =>
  writeJson((codec.write(value, 'json') ?? null) as Out, '');
