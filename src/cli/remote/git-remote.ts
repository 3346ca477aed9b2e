import { spawn } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { Env } from '../context.ts';
import { cached } from './cache.ts';
import type { RemoteReference } from './remote-reference.ts';

type GitReference = Extract<RemoteReference, { kind: 'git' }>;

const defaultNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const commit = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Most bytes of git's messages that are kept. */
const longest = 64 * 1024;

/**
 * Checks out a commit of a repository, once for each commit, and returns the path of the compose file in it.
 * @throws TcomposeError COMPOSE_REMOTE
 */
export async function fetchFromGit(
  text: string,
  reference: GitReference,
  root: string,
  env: Env,
): Promise<string> {
  const { remote, ref, subdir, name } = reference;
  const fail = (why: string, hint?: string): never => {
    throw new TcomposeError('COMPOSE_REMOTE', `${text}: ${why}`, hint === undefined ? {} : { hint });
  };
  // A word that begins with a dash would be an option.
  for (const [what, word] of Object.entries({ remote, ref }))
    if (word.startsWith('-')) fail(`${what} "${word}" begins with a dash`);
  if (/^(?:\/|.*(?:^|\/)\.\.(?:\/|$))/.test(subdir)) fail(`"${subdir}" leads out of the repository`);
  const sha = commit.test(ref) ? ref : await resolveRef(remote, ref, env, fail);
  const top = await cached(join(root, 'git'), join(sha, safeName(name)), async (directory) => {
    await git(['init', '--quiet'], directory, env, fail);
    await git(['remote', 'add', 'origin', remote], directory, env, fail);
    await git(['fetch', '--quiet', '--depth=1', 'origin', sha], directory, env, fail);
    await git(['checkout', '--quiet', 'FETCH_HEAD'], directory, env, fail);
  });
  return composeFileIn(top, subdir, fail);
}

type Fail = (why: string, hint?: string) => never;

const safeName = (name: string): string => name.replace(/[^\w.-]/g, '-').replace(/^\.+/, '') || 'project';

async function resolveRef(remote: string, ref: string, env: Env, fail: Fail): Promise<string> {
  const { code, out, err } = await run(['ls-remote', '--exit-code', '--', remote, ref], undefined, env, fail);
  if (code === 2) fail(`the repository does not contain ref ${ref}`);
  if (code !== 0) fail(`the repository can't be read: ${lastLine(err)}`);
  const sha = out.split(/\s/)[0] ?? '';
  return commit.test(sha)
    ? sha
    : fail(`git answered ${JSON.stringify(out.slice(0, 100))} when asked for ${ref}`);
}

/** The file, or in a directory the default one; a link must not lead out of the repository. */
async function composeFileIn(top: string, subdir: string, fail: Fail): Promise<string> {
  const path = join(top, subdir);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return fail(`there is no "${subdir}" in the repository`);
  const candidates = found.isDirectory() ? defaultNames.map((name) => join(path, name)) : [path];
  for (const file of candidates) {
    if ((await stat(file).catch(() => undefined))?.isFile() !== true) continue;
    const inside = `${await realpath(top)}${sep}`;
    if (!(await realpath(file)).startsWith(inside)) fail(`"${subdir}" leads out of the repository`);
    return file;
  }
  return fail(
    'there is no compose file in the repository',
    `It looks for ${defaultNames.join(', ')}; name a directory after "#ref:".`,
  );
}

async function git(args: readonly string[], cwd: string, env: Env, fail: Fail): Promise<void> {
  const { code, err } = await run(args, cwd, env, fail);
  if (code !== 0) fail(`git ${args[0]} failed: ${lastLine(err)}`);
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'it said nothing';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs git without any interaction. */
function run(args: readonly string[], cwd: string | undefined, env: Env, fail: Fail): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      cwd,
      env: {
        ...env,
        GIT_TERMINAL_PROMPT: '0',
        GIT_SSH_COMMAND: env.GIT_SSH_COMMAND ?? 'ssh -o ControlMaster=no -o BatchMode=yes',
      } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    child.stdout?.on('data', (part: Buffer) => {
      said.out = (said.out + part.toString('utf8')).slice(0, longest);
    });
    child.stderr?.on('data', (part: Buffer) => {
      said.err = (said.err + part.toString('utf8')).slice(-longest);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      try {
        fail(error.code === 'ENOENT' ? 'git is not installed' : error.message);
      } catch (failure) {
        reject(failure);
      }
    });
    child.on('close', (code) => resolve({ code, ...said }));
  });
}
