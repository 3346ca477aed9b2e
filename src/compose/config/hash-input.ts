import type { struct } from '../codec/collections.ts';
import { type Out, OutMap } from '../codec/out.ts';
import { network, volume } from '../codec/resource-fields.ts';
import { service } from '../codec/service-fields.ts';
import type { Network, Volume } from '../model/resources.ts';
import type { Service } from '../model/service.ts';
import { writeJson } from './write-json.ts';

/**
 * The attributes of a service that determine its containers, in the order of `config`: all except `build`,
 * `pull_policy`, `scale`, `deploy.replicas`, `depends_on`, `profiles` and `x-*`, which Docker Compose excludes, too.
 */
function everyAttribute(given: Service): OutMap {
  const { build: _b, pull_policy: _p, scale: _s, depends_on: _d, profiles: _f, name: _n, ...kept } = given;
  const { replicas: _r, ...deploy } = given.deploy ?? {};
  return written(service, given.deploy === undefined ? kept : { ...kept, deploy }) as OutMap;
}

/**
 * Also excludes `develop` and `attach`, which change nothing in a container, and `label_file`, whose labels are among
 * the labels: editing them does not recreate a container.
 */
function hashedAttributes(given: Service): OutMap {
  const { develop: _w, attach: _a, label_file: _l, ...kept } = given;
  return everyAttribute(kept);
}

/** The text from which a service's configuration hash is computed: its attributes as compact JSON. */
export const serviceHashInput = (given: Service): string => writeJson(hashedAttributes(given), '');

/** The same, attribute by attribute, without those that have no value. */
export const serviceHashParts = (given: Service): readonly (readonly [attribute: string, text: string])[] =>
  hashedAttributes(given)
    .entries.filter(([, value]) => value !== null)
    .map(([key, value]) => [key, writeJson(value, '')]);

/**
 * What versions of Docker Compose compute a service's hash from, if that differs from `serviceHashInput`: they include
 * what `hashedAttributes` excludes, name containers instead of services whose namespaces or volumes are shared, write
 * out what `use_api_socket` adds, and, up to 2.40, state that a missing bind source is created but not that it is not.
 * Found by comparing with labels that Docker Compose 2.40.3 set.
 * @param containerOf id of a service's first container; undefined if it has none.
 */
export function foreignHashInputs(
  given: Service,
  containerOf: (service: string) => string | undefined,
): readonly string[] {
  const attributes = everyAttribute(withContainers(withSocket(given), containerOf));
  const everywhere = withCreation(attributes, () => true);
  // In the long form it is only included if the file sets it; a bind without other options is assumed to come from the
  // short form.
  const inShortForm = withCreation(attributes, (bind) => bind.entries.length === 0);
  return [attributes, everywhere, inShortForm].map((variant) => writeJson(variant, ''));
}

const socket = '/var/run/docker.sock';

function withSocket(given: Service): Service {
  if (given.use_api_socket !== true) return given;
  const volumes = [...(given.volumes ?? []), { type: 'bind', source: socket, target: socket } as const];
  if (given.environment?.DOCKER_CONFIG !== undefined) return { ...given, volumes };
  const credentials = { source: '#apisocket', target: '/run/secrets/docker/config.json' };
  return {
    ...given,
    volumes,
    environment: { ...given.environment, DOCKER_CONFIG: '/run/secrets/docker' },
    configs: [...(given.configs ?? []), credentials],
  };
}

function withContainers(given: Service, containerOf: (service: string) => string | undefined): Service {
  const namespace = (mode: string | undefined) => {
    const id = mode?.startsWith('service:') ? containerOf(mode.slice('service:'.length)) : undefined;
    return id === undefined ? mode : `container:${id}`;
  };
  const source = (entry: string) => {
    const [first = '', second = ''] = entry.split(':');
    return first === 'container' ? second : (containerOf(first) ?? entry);
  };
  const resolved = { ...given };
  for (const attribute of ['network_mode', 'ipc', 'pid'] as const) {
    const mode = namespace(given[attribute]);
    if (mode !== undefined) Object.assign(resolved, { [attribute]: mode });
  }
  return given.volumes_from === undefined
    ? resolved
    : { ...resolved, volumes_from: given.volumes_from.map(source) };
}

/** The attributes with `create_host_path` printed in `marked` binds, in its place among the options, and never as false. */
function withCreation(attributes: OutMap, marked: (bind: OutMap) => boolean): OutMap {
  const creation = (bind: Out) => (bind instanceof OutMap ? withMark(bind, marked(bind)) : bind);
  return changed(attributes, 'volumes', (mounts) =>
    Array.isArray(mounts)
      ? mounts.map((mount: Out) => (mount instanceof OutMap ? changed(mount, 'bind', creation) : mount))
      : mounts,
  );
}

function withMark(bind: OutMap, marked: boolean): OutMap {
  const result = new OutMap();
  const key = 'create_host_path';
  let missing = marked && !bind.entries.some(([name]) => name === key);
  for (const [name, value] of bind.entries) {
    if (name === 'recursive' && missing) {
      result.set(key, true);
      missing = false;
    }
    if (name !== key) result.set(name, value);
  }
  if (missing) result.set(key, true);
  return result;
}

function changed(map: OutMap, key: string, change: (value: Out) => Out): OutMap {
  const result = new OutMap();
  for (const [name, value] of map.entries) result.set(name, name === key ? change(value) : value);
  return result;
}

/** The text from which a network's configuration hash is computed. */
export const networkHashInput = (given: Network): string => writeJson(written(network, given), '');

/** The text from which a volume's configuration hash is computed; a volume without a driver counts as `local`. */
export const volumeHashInput = (given: Volume): string =>
  writeJson(written(volume, { ...given, driver: given.driver ?? 'local' }), '');

/** SHA-256 of a hash input, 64 hex digits: the label `com.docker.compose.config-hash`. */
export const configHash = (input: string): string =>
  // Loaded here, so that printing a project does not load it.
  process.getBuiltinModule('node:crypto').createHash('sha256').update(input).digest('hex');

const written = (codec: ReturnType<typeof struct>, value: object): Out =>
  (codec.write(value, 'json') ?? null) as Out;
