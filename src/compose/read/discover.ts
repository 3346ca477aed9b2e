import { dirname, join, resolve } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { LoadEffects } from '../effects.ts';
import { expandHome } from '../normalize/paths.ts';
import { own } from '../tree.ts';
import type { Warning } from '../warning.ts';
import { parseDotenv } from './dotenv.ts';
import { readText } from './env-files.ts';

/** The command line's settings about where the project is. */
export interface DiscoverOptions {
  /** `-f`, in order; `-` is standard input. */
  readonly files?: readonly string[] | undefined;
  readonly projectDirectory?: string | undefined;
  /** `--env-file`, in order. */
  readonly envFiles?: readonly string[] | undefined;
  /** `--profile`. */
  readonly profiles?: readonly string[] | undefined;
}

export interface Discovered {
  /** Absolute paths in merge order, or `-`. */
  readonly files: readonly string[];
  /** Absolute. */
  readonly workingDir: string;
  readonly environment: Record<string, string>;
  /** Absolute paths of the environment files that were read. */
  readonly envFiles: readonly string[];
  readonly profiles: readonly string[];
}

const defaultNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const overrideNames = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/**
 * Finds the compose files, the project directory and the environment. Sources in order: the process's variables, `.env`
 * of the directory known so far (--project-directory, that of the first -f, or the working directory) or the files of
 * --env-file and COMPOSE_ENV_FILES, then COMPOSE_FILE or the first default name in this directory or above, then `.env`
 * beside it; the first value counts.
 * @throws TcomposeError COMPOSE_NO_FILE, COMPOSE_ENV_FILE, COMPOSE_REMOTE
 */
export async function discover(
  options: DiscoverOptions,
  effects: LoadEffects,
  warn: (warning: Warning) => void,
): Promise<Discovered> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(effects.env)) if (value !== undefined) environment[name] = value;
  environment.PWD ??= effects.cwd;
  const given =
    options.projectDirectory === undefined ? undefined : resolve(effects.cwd, options.projectDirectory);
  const explicit = explicitEnvFiles(options, environment, effects);
  const envFiles = new Set<string>();
  const addEnvironment = async (directory: string) => {
    const files = explicit ?? (await defaultEnvFile(directory, environment, effects));
    const found = await readEnvFiles(files, environment, effects, warn);
    for (const file of files) envFiles.add(file);
    for (const [name, value] of found) if (!Object.hasOwn(environment, name)) environment[name] = value;
  };
  const known = given ?? directoryOf(await namedFiles(options.files ?? [], effects), effects.cwd);
  await addEnvironment(known);
  const files = await composeFiles(options, environment, given ?? effects.cwd, effects, warn);
  const workingDir = given ?? directoryOf(files, effects.cwd);
  if (explicit === undefined && workingDir !== known) await addEnvironment(workingDir);
  const listed = options.profiles ?? [];
  const profiles =
    listed.length > 0 ? listed : (environment.COMPOSE_PROFILES ?? '').split(',').map((name) => name.trim());
  return { files, workingDir, environment, envFiles: [...envFiles], profiles };
}

/** The directory of the first file that isn't standard input. */
function directoryOf(files: readonly string[], otherwise: string): string {
  const first = files.find((file) => file !== '-');
  return first === undefined ? otherwise : dirname(first);
}

/** Files named by -f or COMPOSE_FILE, made absolute. */
async function namedFiles(named: readonly string[], effects: LoadEffects): Promise<readonly string[]> {
  return await Promise.all(
    named.map(
      async (file) =>
        (await fetchedFile(file, effects)) ??
        (file === '-' ? file : resolve(effects.cwd, expandHome(file, effects.home))),
    ),
  );
}

function explicitEnvFiles(
  options: DiscoverOptions,
  environment: Readonly<Record<string, string>>,
  effects: LoadEffects,
): readonly string[] | undefined {
  const flags = options.envFiles ?? [];
  const files =
    flags.length > 0 ? flags : (environment.COMPOSE_ENV_FILES ?? '').split(',').filter((file) => file !== '');
  return files.length === 0
    ? undefined
    : files.map((file) => resolve(effects.cwd, expandHome(file, effects.home)));
}

async function defaultEnvFile(
  directory: string,
  environment: Readonly<Record<string, string>>,
  effects: LoadEffects,
): Promise<readonly string[]> {
  if (/^(?:1|t|true)$/i.test(environment.COMPOSE_DISABLE_ENV_FILE ?? '')) return [];
  const file = join(directory, '.env');
  return (await effects.kind(file)) === 'file' ? [file] : [];
}

/**
 * Variables of environment files: later files take precedence, and references in a file use the environment first, then
 * earlier keys of the file, then the files before it.
 */
export async function readEnvFiles(
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
  effects: LoadEffects,
  warn: (warning: Warning) => void,
): Promise<Map<string, string>> {
  const merged = new Map<string, string>();
  for (const file of files) {
    if ((await effects.kind(file)) === undefined) {
      throw new TcomposeError('COMPOSE_ENV_FILE', `couldn't find env file: ${file}`, {
        hint: 'Correct the path, or leave the file out.',
      });
    }
    const text = (await readText(file, 'env file', true, effects)) ?? '';
    const lookup = (name: string) => own(environment, name);
    const earlier = (name: string) => merged.get(name);
    const onUnset = (name: string) =>
      warn({ message: `The "${name}" variable is not set. Defaulting to a blank string.` });
    const entries = parseDotenv(file, text, { lookup, earlier, onUnset, warn, ignoreNameless: true });
    for (const [name, value] of entries) merged.set(name, value);
  }
  return merged;
}

async function composeFiles(
  options: DiscoverOptions,
  environment: Readonly<Record<string, string>>,
  directory: string,
  effects: LoadEffects,
  warn: (warning: Warning) => void,
): Promise<readonly string[]> {
  const named = options.files ?? [];
  const separator = environment.COMPOSE_PATH_SEPARATOR || ':';
  const fromVariable = (environment.COMPOSE_FILE ?? '').split(separator).filter((file) => file !== '');
  const chosen = named.length > 0 ? named : fromVariable;
  if (chosen.length === 0) return await defaultFiles(directory, effects, warn);
  const files = await namedFiles(chosen, effects);
  for (const file of files) await requireFile(file, effects);
  return files;
}

/**
 * The path of a compose file that is fetched from a registry or repository; undefined if the reference is a path.
 * @throws TcomposeError COMPOSE_REMOTE
 */
export async function fetchedFile(reference: string, effects: LoadEffects): Promise<string | undefined> {
  if (!/^(?:oci|https?|git|ssh):\/\/|^git@|^github\.com\//.test(reference)) return undefined;
  if (effects.fetchRemote !== undefined) return await effects.fetchRemote(reference);
  throw new TcomposeError('COMPOSE_REMOTE', `${reference}: files from other machines are not fetched here`, {
    hint: 'Fetch it yourself, and name the local file.',
  });
}

/** @throws TcomposeError COMPOSE_NO_FILE unless there is a file to read. */
export async function requireFile(file: string, effects: LoadEffects): Promise<void> {
  if (file === '-') return;
  const kind = await effects.kind(file);
  if (kind === undefined) {
    throw new TcomposeError('COMPOSE_NO_FILE', `open ${file}: no such file or directory`, {
      hint: 'Correct the path of the compose file.',
    });
  }
  if (kind === 'directory') {
    throw new TcomposeError('COMPOSE_NO_FILE', `read ${file}: is a directory`, {
      hint: 'Name a file in it, or use --project-directory.',
    });
  }
}

/** The first default name in the directory or a parent, and the override file beside it. */
async function defaultFiles(
  from: string,
  effects: LoadEffects,
  warn: (warning: Warning) => void,
): Promise<readonly string[]> {
  for (let directory = from; ; directory = dirname(directory)) {
    const found = await present(directory, defaultNames, effects);
    const [file] = found;
    if (file !== undefined) {
      const override = await present(directory, overrideNames, effects);
      warnSeveral('Found multiple config files with supported names', found, warn);
      warnSeveral('Found multiple override files with supported names', override, warn);
      return [file, ...override.slice(0, 1)];
    }
    if (directory === dirname(directory)) break;
  }
  throw new TcomposeError('COMPOSE_NO_FILE', 'no configuration file provided: not found', {
    hint: `Go to a directory with a ${defaultNames[0]}, or name a file with -f.`,
  });
}

async function present(directory: string, names: readonly string[], effects: LoadEffects): Promise<string[]> {
  const files = names.map((name) => join(directory, name));
  const kinds = await Promise.all(files.map((file) => effects.kind(file)));
  return files.filter((_, index) => kinds[index] === 'file');
}

function warnSeveral(message: string, files: readonly string[], warn: (warning: Warning) => void): void {
  if (files.length > 1) warn({ message: `${message}: ${files.join(', ')}. Using ${files[0]}` });
}
