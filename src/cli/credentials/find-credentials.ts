import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Env } from '../context.ts';
import { type AuthSource, authSources, nameOfSource } from './auth-files.ts';
import { askHelper, authOfAnswer, helperProgram } from './credential-helper.ts';
import {
  type AuthEntry,
  authOfEntry,
  type DockerConfig,
  parseDockerConfig,
  type RegistryAuth,
} from './docker-config.ts';
import { entryFor, hubKey, keyOfServer, keysOfImage, registryOfImage } from './server-key.ts';

/** Credentials and a description of their origin: a file with its key, or a helper. */
export interface Found {
  readonly auth: RegistryAuth | undefined;
  readonly from: string | undefined;
  /** Why a place that should have had credentials gave none. */
  readonly trouble: string | undefined;
}

export interface CredentialFinder {
  /** Credentials for a repository's registry; anonymous when there are none. */
  forImage(image: string): Promise<Found>;
  forServer(server: string): Promise<Found>;
}

interface Surroundings {
  readonly env: Env;
  readonly home?: string;
  readonly uid?: number;
  /** Called once for each file that can't be read and each helper that fails. */
  readonly warn: (message: string, hint?: string) => void;
}

const nobody: Found = { auth: undefined, from: undefined, trouble: undefined };

/** Looks up credentials where Docker and podman store them, once for each server. On any failure the user is anonymous. */
export function createCredentialFinder(surroundings: Surroundings): CredentialFinder {
  const { env, home = homedir(), uid = process.getuid?.(), warn } = surroundings;
  const warned = new Set<string>();
  const once = (subject: string, message: string, hint?: string) => {
    if (!warned.has(subject)) warn(message, hint);
    warned.add(subject);
  };
  let sources: Promise<readonly Source[]> | undefined;
  const read = () => {
    sources ??= Promise.all(authSources(env, home, uid).map((source) => readSource(source, once))).then(
      (all) => all.filter((one) => one !== undefined),
    );
    return sources;
  };
  const known = new Map<string, Promise<Found>>();
  const look = (keys: readonly string[], server: string) => {
    const cacheKey = keys.join(' ');
    const found = known.get(cacheKey) ?? read().then((all) => lookUp(all, keys, server, env, once));
    known.set(cacheKey, found);
    return found;
  };
  return {
    forImage: (image) => look(keysOfImage(image), keyOfServer(registryOfImage(image))),
    forServer: (server) => {
      const key = keyOfServer(server);
      return look(key === hubKey ? [key, 'docker.io', 'index.docker.io'] : [key], key);
    },
  };
}

interface Source {
  readonly name: string;
  readonly config: DockerConfig;
}

type WarnOnce = (subject: string, message: string, hint?: string) => void;

async function readSource(source: AuthSource, warn: WarnOnce): Promise<Source | undefined> {
  const name = nameOfSource(source);
  try {
    const text = source.kind === 'file' ? await readFile(source.path, 'utf8') : source.text;
    if (source.kind === 'variable' || source.form === 'config')
      return { name, config: parseDockerConfig(text) };
    return { name, config: parseDockerConfig(`{"auths":${text}}`) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      warn(name, `credentials in ${name} are not used: it can't be read: ${message}`);
    return undefined;
  }
}

async function lookUp(
  sources: readonly Source[],
  keys: readonly string[],
  server: string,
  env: Env,
  warn: WarnOnce,
): Promise<Found> {
  let trouble: string | undefined;
  for (const { name, config } of sources) {
    const named = entryFor(config.credHelpers, [...keys, server]);
    const helper = named?.entry || config.credsStore;
    if (helper !== undefined) {
      const key = named === undefined ? 'credsStore' : `credHelpers["${named.key}"]`;
      const asked = await askHelper(helper, 'get', server, env);
      const auth = asked.kind === 'done' ? authOfAnswer(asked.text, server) : undefined;
      if (auth !== undefined) return { auth, from: `${helperProgram(helper)} (${key} in ${name})`, trouble };
      if (asked.kind !== 'none') {
        const why = asked.kind === 'failed' ? asked.why : 'its answer does not follow the protocol';
        trouble ??= `${helperProgram(helper)}, which ${key} in ${name} names, gave no credentials: ${why}`;
        warn(
          helper,
          `${trouble}; going on without credentials`,
          `Install the helper, or take ${key} out of ${name}.`,
        );
      }
    }
    const damaged = entryFor(config.auths, keys);
    if (damaged?.entry.auth && authOfEntry(damaged.entry, server) === undefined) {
      trouble ??= `what ${name} has for "${damaged.key}" can't be decoded`;
      warn(
        `${name} ${damaged.key}`,
        `${trouble}; going on without it`,
        `Log in again: tcompose login ${server}`,
      );
    }
    const kept = withoutEmpty(config.auths);
    const entry = entryFor(kept, keys);
    const auth = entry === undefined ? undefined : authOfEntry(entry.entry, server);
    if (auth !== undefined) return { auth, from: `${name} (auths["${entry!.key}"])`, trouble };
  }
  return { ...nobody, trouble };
}

/** Non-empty entries: a file has empty ones when a helper is used. */
const withoutEmpty = (auths: Readonly<Record<string, AuthEntry>>) =>
  Object.fromEntries(Object.entries(auths).filter(([key, entry]) => authOfEntry(entry, key) !== undefined));
