import type { BuildRequest } from '../../api/build.ts';
import { GrpcError } from '../wire/status.ts';
import { cacheImports } from './cache-entries.ts';

/** What the attributes of the frontend `dockerfile.v0` ask for (BuildKit's documentation, "Dockerfile frontend"). */
export interface AskedBuild {
  /** Everything except the sources. */
  readonly request: Omit<BuildRequest, 'context'>;
  /** The Dockerfile's path in its directory. */
  readonly file: string;
  /** Names of the directories that the client sends; undefined for a Dockerfile in a context at an address. */
  readonly dockerfileDirectory: string | undefined;
  readonly contextDirectory: string;
  /** Sessions that send a directory instead of the build's own session, by the directory's name. */
  readonly otherSessions: ReadonlyMap<string, string>;
  /** The address of a context that is not sent. */
  readonly address: string | undefined;
  /** Named contexts that the client sends: from the context's name to the directory's. */
  readonly sentContexts: ReadonlyMap<string, string>;
  /** Named contexts that are results of other builds: from the context's name to the input's. */
  readonly inputs: ReadonlyMap<string, string>;
  /** What was requested and is not supported, in sentences. */
  readonly missing: readonly string[];
}

const networks: Readonly<Record<string, string>> = {
  sandbox: 'default',
  default: 'default',
  none: 'none',
  host: 'host',
};

/** Attributes that a build ignores: what they are called, and why. */
const notCarriedOut: Readonly<Record<string, readonly [string, string]>> = {
  'cgroup-parent': ['cgroup-parent', 'steps have their own'],
  hostname: ['hostname', 'steps have their own'],
  'attest:provenance': ['provenance', 'images are made without attestations'],
  'attest:sbom': ['sbom', 'images are made without attestations'],
};

/** @throws GrpcError for what is not supported */
export function readAttributes(attributes: ReadonlyMap<string, string>): AskedBuild {
  const of = (name: string) => attributes.get(name) || undefined;
  const prefixed = (prefix: string) =>
    [...attributes].flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    );
  const platforms = listed(of('platform'));
  const source = of('source') ?? attributes.get('build-arg:BUILDKIT_SYNTAX');
  if (source !== undefined && !/^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::|@|$)/.test(source))
    throw new GrpcError(
      'unimplemented',
      `the frontend ${source} is not supported; that of docker/dockerfile is built in`,
    );
  if (of('contextsubdir') !== undefined)
    throw new GrpcError('unimplemented', 'contextsubdir is not supported: name the directory itself');
  const contexts = namedContexts(prefixed('context:'));
  return {
    request: {
      args: Object.fromEntries(prefixed('build-arg:')),
      labels: Object.fromEntries(prefixed('label:')),
      ...optional('target', of('target')),
      ...(platforms.length > 1 ? { platforms } : optional('platform', platforms[0])),
      ...cacheUse(attributes.get('no-cache')),
      pull: of('image-resolve-mode') === 'pull',
      ...optional('network', networkOf(of('force-network-mode'))),
      extraHosts: listed(of('add-hosts')),
      ...optional('shmSize', sizeOf(of('shm-size'))),
      ulimits: listed(of('ulimit')),
      contexts: contexts.images,
      cacheFrom: cacheImports(attributes),
    },
    file: of('filename') ?? 'Dockerfile',
    dockerfileDirectory: of('dockerfilekey') ?? (of('context') === undefined ? 'dockerfile' : undefined),
    contextDirectory: of('contextkey') ?? 'context',
    otherSessions: new Map(prefixed('local-sessionid:')),
    address: of('context'),
    sentContexts: contexts.sent,
    inputs: contexts.inputs,
    missing: Object.entries(notCarriedOut).flatMap(([name, why]) =>
      of(name) === undefined || isOwnWish(attributes.get(name))
        ? []
        : [`${why[0]} is not supported: ${why[1]}`],
    ),
  };
}

/**
 * Attestations that the user did not ask for: clients request provenance by themselves when an image is sent away, and
 * mark that.
 */
const isOwnWish = (value: string | undefined): boolean =>
  (value ?? '').split(',').some((one) => one === 'inline-only=true' || one === 'disabled=true');

function namedContexts(given: readonly (readonly [string, string])[]) {
  const images: Record<string, string> = {};
  const sent = new Map<string, string>();
  const inputs = new Map<string, string>();
  for (const [name, place] of given) {
    // A context for a single platform has the platform after two colons.
    const own = name.split('::')[0]!;
    if (place.startsWith('local:')) sent.set(own, place.slice(6));
    else if (place.startsWith('input:')) inputs.set(own, place.slice(6));
    else images[own] = place;
  }
  return { images, sent, inputs };
}

/** Without names, all stages are built without the cache. */
function cacheUse(value: string | undefined): Pick<BuildRequest, 'noCache' | 'noCacheFilter'> {
  if (value === undefined) return {};
  return value === '' ? { noCache: true } : { noCacheFilter: value.split(',') };
}

function networkOf(mode: string | undefined): string | undefined {
  if (mode === undefined) return undefined;
  const network = networks[mode];
  if (network === undefined) throw new GrpcError('invalid-argument', `invalid network mode ${mode}`);
  return network;
}

function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '0') return undefined;
  const size = Number(text);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new GrpcError('invalid-argument', `invalid shm-size ${text}`);
  return size;
}

const listed = (text: string | undefined): readonly string[] =>
  (text ?? '').split(',').filter((one) => one !== '');

const optional = <Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]: T });
