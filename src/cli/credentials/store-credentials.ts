import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { Env } from '../context.ts';
import { askHelper, helperProgram } from './credential-helper.ts';
import { encodedAuth, parseDockerConfig } from './docker-config.ts';
import { hostOfKey, hubKey } from './server-key.ts';

/** What login stores: a password, or the token that a registry returned instead. */
export interface Kept {
  readonly username: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/**
 * Stores credentials under `server`, with the helper that the file names for it, else in the file itself.
 * @returns whether they are in the file, where anyone who can read the file can read them
 */
export async function keepCredentials(file: string, server: string, kept: Kept, env: Env): Promise<boolean> {
  const config = await readConfig(file);
  const helper = helperFor(config, server);
  if (helper !== undefined) {
    const { username, password, identitytoken } = kept;
    const answer = await askHelper(
      helper,
      'store',
      JSON.stringify({
        ServerURL: server,
        Username: identitytoken === undefined ? username : '<token>',
        Secret: identitytoken ?? password ?? '',
      }),
      env,
    );
    if (answer.kind !== 'done')
      throw new TcomposeError(
        'CLI_CREDENTIALS',
        `${helperProgram(helper)} did not keep the credentials: ${answer.kind === 'failed' ? answer.why : 'it knows nothing of the server'}`,
        { hint: `It is named in ${file}; without it the credentials are kept in that file.` },
      );
    await change(file, config, (auths) => {
      auths[server] = {};
    });
    return false;
  }
  await change(file, config, (auths) => {
    auths[server] =
      kept.identitytoken === undefined
        ? { auth: encodedAuth(kept.username, kept.password ?? '') }
        : { auth: encodedAuth(kept.username, ''), identitytoken: kept.identitytoken };
  });
  return true;
}

/** Removes the credentials of a server, in any spelling; having none is not an error. @returns a helper's objections */
export async function forgetCredentials(file: string, server: string, env: Env): Promise<string | undefined> {
  const config = await readConfig(file);
  const helper = helperFor(config, server);
  const answer = helper === undefined ? undefined : await askHelper(helper, 'erase', server, env);
  const spellings = Object.keys(objectAt(config, 'auths')).filter(
    (key) => key === server || (server !== hubKey && hostOfKey(key) === server && !isNameSpace(key)),
  );
  if (spellings.length > 0)
    await change(file, config, (auths) => {
      for (const key of spellings) delete auths[key];
    });
  return answer?.kind === 'failed' ? answer.why : undefined;
}

const isNameSpace = (key: string) => !/^https?:\/\//.test(key) && /^[^/]+\/.+/.test(key);

type Json = Record<string, unknown>;

const objectAt = (config: Json, key: string): Json =>
  typeof config[key] === 'object' && config[key] !== null ? (config[key] as Json) : {};

function helperFor(config: Json, server: string): string | undefined {
  const { credHelpers, credsStore } = parseDockerConfig(JSON.stringify(config));
  return (Object.hasOwn(credHelpers, server) && credHelpers[server]) || credsStore;
}

async function readConfig(file: string): Promise<Json> {
  try {
    const text = await readFile(file, 'utf8');
    const parsed: unknown = text.trim() === '' ? {} : JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json;
    throw new SyntaxError('not a JSON object');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new TcomposeError('CLI_CREDENTIALS', `${file} can't be read: ${(error as Error).message}`, {
      cause: error,
      hint: 'It is left as it is: correct it, or name another directory with DOCKER_CONFIG.',
    });
  }
}

/** Rewrites the file with changed `auths`: atomically, readable only by its owner, and with all its other content. */
async function change(file: string, config: Json, edit: (auths: Json) => void): Promise<void> {
  const auths = { ...objectAt(config, 'auths') };
  edit(auths);
  const text = `${JSON.stringify({ ...config, auths }, null, '\t')}\n`;
  // A link remains a link.
  const target = await realpath(file).catch(() => file);
  const temporary = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new TcomposeError('CLI_CREDENTIALS', `${file} can't be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
