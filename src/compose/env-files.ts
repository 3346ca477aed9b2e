import { TcomposeError } from '../errors.ts';
import { type EnvEntries, type Lookup, parseDotenv, parseRawEnv } from './dotenv.ts';
import type { LoadEffects } from './effects.ts';
import type { Service } from './model/service.ts';
import type { Positions } from './positions.ts';
import { problem } from './problems.ts';
import { own, type TreePath } from './tree.ts';
import type { Warning } from './warning.ts';

interface EnvFileContext {
  readonly effects: LoadEffects;
  readonly environment: Readonly<Record<string, string>>;
  readonly warn: (warning: Warning) => void;
  /** Variables warned about already. */
  readonly warned: Set<string>;
  /** Where the files are named. */
  readonly positions: Positions;
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
    for (const [index, path] of service.label_file.entries()) {
      const at = ['services', service.name, 'label_file', index];
      const text = await located(at, context, () => readText(path, 'label file', true, context.effects));
      const entries = parseDotenv(path, text ?? '', {
        lookup: lookupIn(context.environment, merged),
        onUnset: warner(context),
      });
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
  for (const [index, { path, required, format }] of (service.env_file ?? []).entries()) {
    const at = ['services', service.name, 'env_file', index];
    if (format !== undefined && format !== '' && format !== 'raw') {
      const message = `unsupported env_file format "${format}"`;
      const hint = 'Leave format out, or set it to raw.';
      throw problem('COMPOSE_ENV_FILE', message, context.positions, at, { hint });
    }
    const text = await located(at, context, () => readText(path, 'env file', required, context.effects));
    if (text === undefined) continue;
    const project = lookupIn(context.environment);
    const lookup: Lookup = (name) => project(name) ?? own(own_, name) ?? merged.get(name);
    const entries =
      format === 'raw'
        ? parseRawEnv(path, text, lookup)
        : parseDotenv(path, text, { lookup, onUnset: warner(context) });
    for (const [key, value] of entries) merged.set(key, value);
  }
  return merged;
}

/** Runs a read whose errors, which know no place, are about the node at `at`. */
async function located<T>(at: TreePath, context: EnvFileContext, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.where !== undefined) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw problem(error.code, error.message, context.positions, at, hint);
  }
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
    // Bytes that are no UTF-8 become U+FFFD, as they do on their way through Docker's API.
    return new TextDecoder('utf-8').decode(await effects.readFile(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TcomposeError('COMPOSE_ENV_FILE', `${what} ${path} can't be read: ${reason}`, { cause });
  }
}
