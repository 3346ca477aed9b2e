import { TcomposeError } from '../errors.ts';
import { type EnvEntries, type Lookup, parseDotenv, parseRawEnv } from './dotenv.ts';
import type { LoadEffects } from './effects.ts';
import type { Service } from './model.ts';
import type { Warning } from './phases.ts';
import { own } from './tree.ts';

export interface EnvFileContext {
  readonly effects: LoadEffects;
  readonly environment: Readonly<Record<string, string>>;
  readonly warn: (warning: Warning) => void;
  /** Variables warned about already. */
  readonly warned: Set<string>;
}

/**
 * The service with its env_file and label_file read into `environment` and `labels`, which win over the files; of
 * several files the later wins. Variables in env files see the project's environment, then the service's, then earlier keys.
 * @throws TcomposeError COMPOSE_ENV_FILE
 */
export async function resolveServiceFiles(
  service: Service,
  context: EnvFileContext,
  keepFiles: boolean,
): Promise<Service> {
  if (service.env_file === undefined && service.label_file === undefined) return service;
  const resolved: { -readonly [K in keyof Service]: Service[K] } = { ...service };
  if (service.env_file !== undefined) {
    const merged = await readEnvFiles(service, context);
    resolved.environment = { ...Object.fromEntries(merged), ...service.environment };
    if (!keepFiles) delete resolved.env_file;
  }
  if (service.label_file !== undefined) {
    const merged: EnvEntries = new Map();
    for (const path of service.label_file) {
      const text = await readText(path, 'label file', true, context.effects);
      const entries = parseDotenv(path, text ?? '', lookupIn(context.environment, merged), warner(context));
      for (const [key, value] of entries) merged.set(key, value);
    }
    resolved.labels = { ...Object.fromEntries(merged), ...service.labels };
    if (!keepFiles) delete resolved.label_file;
  }
  return resolved;
}

async function readEnvFiles(service: Service, context: EnvFileContext): Promise<EnvEntries> {
  const merged: EnvEntries = new Map();
  const own_ = service.environment ?? {};
  for (const { path, required, format } of service.env_file ?? []) {
    const text = await readText(path, 'env file', required, context.effects);
    if (text === undefined) continue;
    const project = lookupIn(context.environment);
    const lookup: Lookup = (name) => project(name) ?? own(own_, name) ?? merged.get(name);
    const entries =
      format === 'raw' ? parseRawEnv(path, text, lookup) : parseDotenv(path, text, lookup, warner(context));
    for (const [key, value] of entries) merged.set(key, value);
  }
  return merged;
}

function lookupIn(environment: Readonly<Record<string, string>>, entries?: EnvEntries): Lookup {
  return (name) => own(environment, name) ?? entries?.get(name);
}

function warner(context: EnvFileContext): (name: string) => void {
  return (name) => {
    if (context.warned.has(name)) return;
    context.warned.add(name);
    context.warn({ message: `The "${name}" variable is not set. Defaulting to a blank string.` });
  };
}

/**
 * The text of an environment file; undefined when it is missing and need not be there.
 * @throws TcomposeError COMPOSE_ENV_FILE
 */
export async function readText(
  path: string,
  what: string,
  required: boolean,
  effects: LoadEffects,
): Promise<string | undefined> {
  const kind = await effects.kind(path);
  if (kind === undefined) {
    if (!required) return undefined;
    throw new TcomposeError('COMPOSE_ENV_FILE', `${what} ${path} not found`, {
      hint:
        what === 'env file'
          ? 'Create it, or mark it with required: false.'
          : 'Create it, or correct its path.',
    });
  }
  if (kind === 'directory')
    throw new TcomposeError('COMPOSE_ENV_FILE', `${path} is a directory, not an ${what}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await effects.readFile(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TcomposeError('COMPOSE_ENV_FILE', `${what} ${path} can't be read: ${reason}`, { cause });
  }
}
