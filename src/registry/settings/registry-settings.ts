import { TcomposeError } from '../../errors.ts';
import { inNetwork, isLoopback, splitPort } from '../proxy/host-pattern.ts';

/** A registry with the content of another one. */
export interface Mirror {
  /** Its address: `https://mirror.example`, possibly with a path that precedes `/v2/`. */
  readonly url: string;
  /** False: if it fails, the next one is not tried. */
  readonly fallback: boolean;
  /** It may be accessed without TLS. */
  readonly plain?: boolean;
}

/** The machine owner's settings for registries. */
export interface RegistrySettings {
  /** Hosts, `host:port`, addresses and networks that need no trusted certificate, or no TLS. */
  readonly insecure: readonly string[];
  /** By registry host, `docker.io` for Docker Hub. */
  readonly mirrors: Readonly<Record<string, readonly Mirror[]>>;
  /** Registries that are never contacted, by host, and where that is set. */
  readonly blocked: Readonly<Record<string, string>>;
  /** Simultaneous downloads from one registry. */
  readonly parallel: number;
  /** Milliseconds without a byte after which a transfer is aborted and resumed. */
  readonly stallMs: number;
  /** The file for these settings, for messages. */
  readonly file: string;
}

export const defaultRegistrySettings: RegistrySettings = {
  insecure: [],
  mirrors: {},
  blocked: {},
  parallel: 3,
  stallMs: 30_000,
  file: '/etc/tcompose/engine.json',
};

/** Docker Hub's name in references. */
export const hub = 'docker.io';

/**
 * Parses the part `registries` of engine.json: `{"insecure": ["host:5000", "10.0.0.0/8"], "mirrors": {"docker.io":
 * ["https://mirror.example", {"url": …, "fallback": false}]}, "parallel": 3, "stallSeconds": 30}`. `where` names the
 * place in errors.
 * @throws TcomposeError REGISTRY_CONFIG
 */
export function parseRegistrySettings(value: unknown, where: string): RegistrySettings {
  const fail = (why: string): never => {
    throw new TcomposeError('REGISTRY_CONFIG', `${where}: ${why}`);
  };
  if (value === undefined) return { ...defaultRegistrySettings, file: where };
  if (!isRecord(value)) return fail('registries must be an object');
  const known = ['insecure', 'mirrors', 'parallel', 'stallSeconds'];
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) fail(`registries.${key} is not known; known settings are ${known.join(', ')}`);
  }
  const { insecure = [], mirrors = {}, parallel = 3, stallSeconds = 30 } = value;
  if (!isRecord(mirrors)) return fail('registries.mirrors must be an object: a registry and its mirrors');
  const number = (key: string, one: unknown, least: number, most: number): number =>
    typeof one === 'number' && one >= least && one <= most
      ? one
      : fail(`registries.${key} must be a number from ${least} to ${most}`);
  return {
    insecure: texts(insecure) ?? fail('registries.insecure must be a list of hosts and networks'),
    mirrors: Object.fromEntries(
      Object.entries(mirrors).map(([host, list]) => [
        host === 'index.docker.io' || host === 'registry-1.docker.io' ? hub : host,
        (Array.isArray(list) ? list : [list]).map(
          (one: unknown) => mirrorOf(one) ?? fail(`registries.mirrors.${host}: ${mirrorForm}`),
        ),
      ]),
    ),
    blocked: {},
    parallel: Math.floor(number('parallel', parallel, 1, 64)),
    stallMs: number('stallSeconds', stallSeconds, 0.1, 600) * 1000,
    file: where,
  };
}

const mirrorForm = 'a mirror is an address, "https://mirror.example", or {"url": address, "fallback": false}';

/**
 * The registry settings in Docker's daemon.json: `insecure-registries`, and `registry-mirrors`, which are Docker Hub's.
 * An invalid file is Docker's concern: it is ignored here.
 */
export function parseDockerSettings(text: string): Pick<RegistrySettings, 'insecure' | 'mirrors'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = {};
  }
  const file = isRecord(value) ? value : {};
  const mirrors = (texts(file['registry-mirrors']) ?? []).flatMap((one) => mirrorOf(one) ?? []);
  return {
    insecure: texts(file['insecure-registries']) ?? [],
    mirrors: mirrors.length === 0 ? {} : { [hub]: mirrors },
  };
}

/** Our own settings come first; mirrors in Docker's and podman's settings are used for registries for which we have none. */
export function mergeSettings(
  own: RegistrySettings,
  other: Pick<RegistrySettings, 'insecure' | 'mirrors'> & Partial<Pick<RegistrySettings, 'blocked'>>,
): RegistrySettings {
  return {
    ...own,
    insecure: [...own.insecure, ...other.insecure],
    mirrors: { ...other.mirrors, ...own.mirrors },
    blocked: { ...other.blocked, ...own.blocked },
  };
}

/** Whether a registry, as `host[:port]`, needs no trusted certificate: always for this machine, otherwise if listed. */
export function isInsecure(registry: string, insecure: readonly string[]): boolean {
  const { host, port } = splitPort(registry.toLowerCase());
  if (isLoopback(host)) return true;
  return insecure.some((text) => {
    const entry = text
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/\/$/, '');
    if (entry.includes('/')) return inNetwork(host, entry);
    const listed = splitPort(entry);
    return listed.host === host && (listed.port === undefined || listed.port === port);
  });
}

function mirrorOf(value: unknown): Mirror | undefined {
  const { url, fallback = true } = isRecord(value) ? value : { url: value };
  if (typeof url !== 'string' || typeof fallback !== 'boolean') return undefined;
  const text = /^https?:\/\//.test(url) ? url : `https://${url}`;
  if (!URL.canParse(text) || new URL(text).username !== '') return undefined;
  return { url: text.replace(/\/+$/, ''), fallback };
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((one): one is string => typeof one === 'string')
    ? value
    : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
