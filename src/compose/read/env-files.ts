import { TcomposeError } from '../../errors.ts';
import type { LoadEffects } from '../effects.ts';
import type { Service } from '../model/service.ts';
import type { Positions } from '../positions.ts';
import { problem, throwCollected } from '../problems.ts';
import { own, type TreePath } from '../tree.ts';
import type { Warning } from '../warning.ts';
import { type EnvEntries, type Lookup, parseDotenv, parseRawEnv } from './dotenv.ts';

interface EnvFileContext {
  readonly effects: LoadEffects;
  readonly environment: Readonly<Record<string, string>>;
  readonly warn: (warning: Warning) => void;
  /** Variables with a warning already. */
  readonly warned: Set<string>;
  /** Where the files are named. */
  readonly positions: Positions;
}

/**
 * The service with its env_file and label_file merged into `environment` and `labels`, which take precedence over the
 * files; of several files the later one counts. Variables in env files use the project's environment, then the
 * service's, then earlier keys of the file, then the files before.
 * @throws TcomposeError COMPOSE_ENV_FILE, or TcomposeErrors for several files.
 */
export async function resolveServiceFiles(
  service: Service,
  context: EnvFileContext,
  keep: { readonly envFiles: boolean; readonly labelFiles: boolean },
): Promise<Service> {
  if (service.env_file === undefined && service.label_file === undefined) return service;
  const resolved: { -readonly [K in keyof Service]: Service[K] } = { ...service };
  const errors: TcomposeError[] = [];
  if (service.env_file !== undefined) {
    const merged = await readEnvFiles(service, context, errors);
    resolved.environment = { ...Object.fromEntries(merged), ...service.environment };
    if (!keep.envFiles) delete resolved.env_file;
  }
  if (service.label_file !== undefined) {
    const merged = await readLabelFiles(service, context, errors);
    resolved.labels = { ...Object.fromEntries(merged), ...service.labels };
    if (!keep.labelFiles) delete resolved.label_file;
  }
  throwCollected(errors);
  return resolved;
}

async function readLabelFiles(
  service: Service,
  context: EnvFileContext,
  errors: TcomposeError[],
): Promise<EnvEntries> {
  const merged: EnvEntries = new Map();
  for (const [index, path] of (service.label_file ?? []).entries()) {
    await located(['services', service.name, 'label_file', index], context, errors, async () => {
      const text = await readText(path, 'label file', true, context.effects);
      const lookup: Lookup = (name) => merged.get(name);
      const entries = parseDotenv(path, text ?? '', { lookup, onUnset: warner(context), warn: context.warn });
      for (const [key, value] of entries) merged.set(key, value);
    });
  }
  return merged;
}

async function readEnvFiles(
  service: Service,
  context: EnvFileContext,
  errors: TcomposeError[],
): Promise<EnvEntries> {
  const merged: EnvEntries = new Map();
  const own_ = service.environment ?? {};
  for (const [index, { path, required, format }] of (service.env_file ?? []).entries()) {
    const at = ['services', service.name, 'env_file', index];
    if (format !== undefined && format !== '' && format !== 'raw') {
      const message = `unsupported env_file format "${format}"`;
      const hint = 'Leave format out, or set it to raw.';
      errors.push(problem('COMPOSE_ENV_FILE', message, context.positions, at, { hint }));
      continue;
    }
    await located(at, context, errors, async () => {
      const text = await readText(path, 'env file', required, context.effects);
      if (text === undefined) return;
      const lookup: Lookup = (name) => own(context.environment, name) ?? own(own_, name) ?? undefined;
      const earlier: Lookup = (name) => merged.get(name);
      const entries =
        format === 'raw'
          ? parseRawEnv(path, text, (name) => lookup(name) ?? earlier(name))
          : parseDotenv(path, text, { lookup, earlier, onUnset: warner(context), warn: context.warn });
      for (const [key, value] of entries) merged.set(key, value);
    });
  }
  return merged;
}

/** Runs a read and records its error; an error without a place gets that of the node at `at`. */
async function located(
  at: TreePath,
  context: EnvFileContext,
  errors: TcomposeError[],
  read: () => Promise<void>,
): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof TcomposeError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    errors.push(
      error.where === undefined ? problem(error.code, error.message, context.positions, at, hint) : error,
    );
  }
}

function warner(context: EnvFileContext): (name: string) => void {
  return (name) => {
    if (context.warned.has(name)) return;
    context.warned.add(name);
    context.warn({ message: `The "${name}" variable is not set. Defaulting to a blank string.` });
  };
}

/**
 * The text of an environment file; undefined when it is missing but optional.
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
    // Bytes that are not UTF-8 become U+FFFD, as they do in Docker's API.
    return new TextDecoder('utf-8').decode(await effects.readFile(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TcomposeError('COMPOSE_ENV_FILE', `${what} ${path} can't be read: ${reason}`, { cause });
  }
}
