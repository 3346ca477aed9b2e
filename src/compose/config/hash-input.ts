import type { struct } from '../codec/collections.ts';
import type { Out, OutMap } from '../codec/out.ts';
import { network, volume } from '../codec/resource-fields.ts';
import { service } from '../codec/service-fields.ts';
import type { Network, Volume } from '../model/resources.ts';
import type { Service } from '../model/service.ts';
import { writeJson } from './write-json.ts';

/**
 * The attributes of a service that its containers are made from, in the order of `config`: all but `build`, `pull_policy`,
 * `scale`, `deploy.replicas`, `depends_on`, `profiles` and `x-*`, which Docker Compose leaves out too, and `develop` and
 * `attach`, which change nothing in a container either.
 */
function hashedAttributes(given: Service): OutMap {
  const { build: _b, pull_policy: _p, scale: _s, depends_on: _d, profiles: _f, name: _n, ...rest } = given;
  const { develop: _w, attach: _a, ...kept } = rest;
  const { replicas: _r, ...deploy } = given.deploy ?? {};
  return written(service, given.deploy === undefined ? kept : { ...kept, deploy }) as OutMap;
}

/** The text a service's configuration hash is made from: its attributes as compact JSON. */
export const serviceHashInput = (given: Service): string => writeJson(hashedAttributes(given), '');

/** The same, attribute by attribute; those without a value are left out. */
export const serviceHashParts = (given: Service): readonly (readonly [attribute: string, text: string])[] =>
  hashedAttributes(given)
    .entries.filter(([, value]) => value !== null)
    .map(([key, value]) => [key, writeJson(value, '')]);

/** The text a network's configuration hash is made from. */
export const networkHashInput = (given: Network): string => writeJson(written(network, given), '');

/** The text a volume's configuration hash is made from; a volume without driver counts as `local`. */
export const volumeHashInput = (given: Volume): string =>
  writeJson(written(volume, { ...given, driver: given.driver ?? 'local' }), '');

/** SHA-256 of a hash input, 64 hex digits: the label `com.docker.compose.config-hash`. */
export const configHash = (input: string): string =>
  // Asked for here so that printing a project does not load it.
  process.getBuiltinModule('node:crypto').createHash('sha256').update(input).digest('hex');

const written = (codec: ReturnType<typeof struct>, value: object): Out =>
  (codec.write(value, 'json') ?? null) as Out;
