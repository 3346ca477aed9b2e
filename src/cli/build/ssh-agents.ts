import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../errors.ts';
import type { Env } from '../context.ts';

/** Agents that builds may use: paths of their sockets by id. */
export interface SshAgents {
  readonly sockets: Readonly<Record<string, string>>;
  /** Ends the agents that were started here. Idempotent. */
  readonly release: () => void;
}

/** Milliseconds that an agent may take to start listening. */
const patience = 5000;

/**
 * The agents that `ssh` entries name: `default` and `id` for the user's own, `id=socket` for another one,
 * `id=key[,key]` for an agent that is started with these keys and ends with the build.
 * @throws TcomposeError BUILD_CONTEXT when there is no such agent or key
 */
export async function openAgents(
  entries: readonly string[],
  surroundings: { readonly env: Env; readonly cwd: string },
): Promise<SshAgents> {
  const sockets: Record<string, string> = {};
  const ends: (() => void)[] = [];
  const release = (): void => {
    for (const end of ends.splice(0)) end();
  };
  try {
    for (const entry of entries) {
      const at = entry.indexOf('=');
      const id = at < 0 ? entry : entry.slice(0, at);
      const paths = at < 0 ? [] : entry.slice(at + 1).split(',');
      sockets[id] = await agentFor(entry, paths, surroundings, ends);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { sockets, release };
}

async function agentFor(
  entry: string,
  paths: readonly string[],
  { env, cwd }: { readonly env: Env; readonly cwd: string },
  ends: (() => void)[],
): Promise<string> {
  const files = paths.map((path) => (isAbsolute(path) ? path : resolve(cwd, path)));
  const [given = env.SSH_AUTH_SOCK] = files;
  if (given === undefined || given === '')
    throw new TcomposeError('BUILD_CONTEXT', `invalid empty ssh agent socket: SSH_AUTH_SOCK is not set`, {
      hint: `"${entry}" stands for your own agent: start one with \`eval $(ssh-agent)\` and \`ssh-add\`, or name a key: ${entry}=~/.ssh/id_ed25519.`,
    });
  const stats = (files.length === 0 ? [given] : files).map((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined)
      throw new TcomposeError('BUILD_CONTEXT', `ssh ${entry}: there is no ${path}`, {
        hint: 'An entry is "default", or ID=PATH with the path of a key or of an agent’s socket.',
      });
    return stat;
  });
  if (stats.some((stat) => stat.isSocket())) {
    if (stats.length === 1) return given;
    throw new TcomposeError('BUILD_CONTEXT', `ssh ${entry}: a socket stands alone, without keys beside it`);
  }
  return startAgent(files, env, ends);
}

/** Starts an agent that has the keys in these files. */
async function startAgent(keys: readonly string[], env: Env, ends: (() => void)[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'tcompose-ssh-'));
  const socket = join(directory, 'agent');
  let agent: ChildProcess | undefined;
  ends.push(() => {
    agent?.kill();
    rmSync(directory, { recursive: true, force: true });
  });
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore', env: env as NodeJS.ProcessEnv });
  let failure: string | undefined;
  agent.once('error', (error) => {
    failure = error.message;
  });
  for (let waited = 0; statSync(socket, { throwIfNoEntry: false }) === undefined; waited += 20) {
    if (failure !== undefined || waited > patience)
      throw new TcomposeError(
        'BUILD_CONTEXT',
        `ssh keys need ssh-agent: ${failure ?? 'it does not listen'}`,
        {
          hint: 'Install the OpenSSH client.',
        },
      );
    await sleep(20);
  }
  const environment = { ...env, SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'never' };
  const added = spawnSync('ssh-add', ['--', ...keys], {
    env: environment as NodeJS.ProcessEnv,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (added.status !== 0)
    throw new TcomposeError('BUILD_CONTEXT', `ssh keys ${keys.join(', ')}: ${(added.stderr ?? '').trim()}`, {
      hint: 'A key with a passphrase goes into your own agent; then name "default".',
    });
  return socket;
}
