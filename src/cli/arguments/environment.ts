import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { GlobalOptions } from './global-options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a variable means yes, by the words that Docker Compose accepts. */
export const isTruthy = (text: string | undefined): boolean => /^(1|t|true|y|yes|on)$/i.test(text ?? '');

/**
 * The environment, plus COMPOSE_* variables from environment files that it lacks: they are settings of the command line
 * wherever they are defined. The files are those of --env-file or COMPOSE_ENV_FILES, else `.env` of the directory that
 * is known before any compose file is read; the loader reports a missing or faulty one. Returns the same object when
 * there is nothing to add.
 * @param cwd absolute; called only when a file may have to be read.
 */
export async function withComposeVariables(
  globals: Pick<GlobalOptions, 'files' | 'projectDirectory' | 'envFiles'>,
  env: Environment,
  cwd: () => string,
): Promise<Environment> {
  const texts = environmentFiles(globals, env, cwd).map((file) => [file, readIfThere(file)] as const);
  if (!texts.some(([, text]) => text.includes('COMPOSE_'))) return env;
  const { parseDotenv } = await import('../../compose/read/dotenv.ts');
  const found = new Map<string, string>();
  const lookup = (name: string) => env[name];
  const earlier = (name: string) => found.get(name);
  const quiet = () => {};
  const options = { lookup, earlier, onUnset: quiet, warn: quiet, ignoreNameless: true };
  try {
    for (const [file, text] of texts) {
      const entries = parseDotenv(file, text, options);
      for (const [name, value] of entries) found.set(name, value);
    }
  } catch (error) {
    if (!(error instanceof TcomposeError)) throw error;
  }
  const settings = [...found].filter(([name]) => name.startsWith('COMPOSE_') && env[name] === undefined);
  return settings.length === 0 ? env : { ...env, ...Object.fromEntries(settings) };
}

function environmentFiles(
  globals: Pick<GlobalOptions, 'files' | 'projectDirectory' | 'envFiles'>,
  env: Environment,
  cwd: () => string,
): readonly string[] {
  const listed = (env.COMPOSE_ENV_FILES ?? '').split(',').filter((file) => file !== '');
  const explicit = globals.envFiles.length > 0 ? globals.envFiles : listed;
  if (explicit.length > 0) return explicit.map((file) => resolve(cwd(), file));
  if (isTruthy(env.COMPOSE_DISABLE_ENV_FILE)) return [];
  const first = globals.files.find((file) => file !== '-');
  const directory = globals.projectDirectory ?? (first === undefined ? '.' : dirname(first));
  return [resolve(cwd(), directory, '.env')];
}

/** Empty when there is no such file. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
