import { type ChildProcess, execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { runInNamespaces } from '../../src/engine/client/rootless/run-in-namespaces.ts';
import { keeperCommand } from '../../src/runtime/shim/keeper-command.ts';
import { plainEnvironment } from './environment.ts';
import { lasting, leftovers, linksIn, mountLines, readIfThere as read } from './leaks.ts';
import { enterOwnNetwork } from './own-network.ts';
import { shimBinary, whyNoContainers } from './shim.ts';

const isRoot = process.getuid?.() === 0;

/** Why engine tests cannot run here, or undefined. */
export const whyNoEngine =
  isRoot || spawnSync('unshare', ['-Urmn', 'true']).status !== 0
    ? whyNoContainers
    : () => (existsSync(shimBinary) ? undefined : `${shimBinary} is not built (npm run build)`);

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON. */
  readonly json: T;
}

/** A keeper and its engine in a directory and a network of their own. */
export interface TestEngine {
  readonly root: string;
  readonly socket: string;
  /** Environment for the docker CLI. */
  readonly dockerEnv: Record<string, string>;
  api<T = never>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  /** As api, but waits and asks again while no engine answers (it is being restarted). */
  retry<T = never>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  /** Pid of the engine that answers. */
  enginePid(): Promise<number>;
  keeperPid(): number;
  /** Starts a keeper (and engine) again, after one was ended. */
  start(env?: Record<string, string>): Promise<void>;
  log(): string;
  /** Runs a script of sh, `words` as $1 and on, with the engine's rights and mounts: for a user as root of his namespaces. */
  shell(script: string, words?: readonly string[], input?: string): SpawnSyncReturns<string>;
  /** Names of links in the network that the engine's bridges are in. */
  links(): string[];
  /** Force-removes all containers, ends engine and keeper, and returns what was left behind (empty: nothing). */
  stop(): Promise<string[]>;
}

let bundle: Promise<string> | undefined;

/** A directory with the engine of this source tree, and its worker, as one file each, and a copy of the shim; built once a test process. */
function engineBundle(): Promise<string> {
  bundle ??= (async () => {
    const directory = isRoot
      ? new URL('../../node_modules/.cache/tcompose-test', import.meta.url).pathname
      : join(tmpdir(), 'programs');
    mkdirSync(directory, { recursive: true });
    const outfiles = { engine: 'main.ts', 'image-worker': 'image-worker.ts' };
    const fresh = (name: string) => join(directory, `${name}-${process.pid}.cjs`);
    for (const [name, source] of Object.entries(outfiles))
      await build({
        entryPoints: [new URL(`../../src/engine/${source}`, import.meta.url).pathname],
        outfile: fresh(name),
        bundle: true,
        platform: 'node',
        target: 'node20',
        format: 'cjs',
        external: ['koffi'],
        define: { TCOMPOSE_VERSION: '"0.0.0-test"', 'import.meta.url': '__importMetaUrl' },
        banner: { js: 'const __importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
        logLevel: 'warning',
      });
    // Other test processes may be using the files: they are replaced, never written over.
    copyFileSync(shimBinary, join(directory, `shim-${process.pid}`));
    for (const name of Object.keys(outfiles)) renameSync(fresh(name), join(directory, `${name}.cjs`));
    renameSync(join(directory, `shim-${process.pid}`), join(directory, 'tcompose-shim'));
    return directory;
  })();
  return bundle;
}

export async function startTestEngine(env: Record<string, string> = {}): Promise<TestEngine> {
  enterOwnNetwork();
  const root = mkdtempSync(join(tmpdir(), 'tce-'));
  const run = join(root, 'run');
  const socket = join(run, 'engine.sock');
  const programs = await engineBundle();
  const before = mountLines();

  const start = async (more: Record<string, string> = {}): Promise<void> => {
    execFileSync('mkdir', ['-p', join(root, 'lib'), run]);
    const words = keeperCommand({ lib: join(root, 'lib'), run, engine: join(programs, 'engine.cjs') });
    const variables = {
      ...plainEnvironment(),
      NODE_PATH: new URL('../../node_modules', import.meta.url).pathname,
      TCOMPOSE_IDLE_SECONDS: '0',
      TCOMPOSE_DEBUG: '1',
      ...env,
      ...more,
    };
    await runKeeper(join(programs, 'tcompose-shim'), run, words, variables);
    const keeper = Number(readFileSync(join(run, 'keeper.pid'), 'utf8').trim());
    await until(async () => {
      if (!alive(keeper)) throw new Error(`the keeper gave up: ${read(join(run, 'engine.log'))}`);
      return accepts(socket);
    }, 'the engine to answer');
  };
  await start();

  const api = <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> =>
    ask<T>(socket, method, path, body);
  const engine: TestEngine = {
    root,
    socket,
    dockerEnv: { PATH: process.env.PATH ?? '', HOME: root, DOCKER_HOST: `unix://${socket}` },
    api,
    async retry<T>(method: string, path: string, body?: unknown) {
      for (let tries = 0; ; tries++) {
        try {
          return await ask<T>(socket, method, path, body);
        } catch (error) {
          if (tries > 40 * limitSeconds) throw error;
          await sleep(25);
        }
      }
    },
    async enginePid() {
      const answer = await engine.retry<{ pid: number }>('GET', '/tcompose/status');
      return answer.json.pid;
    },
    keeperPid: () => Number(readFileSync(join(run, 'keeper.pid'), 'utf8').trim()),
    start,
    log: () => (existsSync(join(run, 'engine.log')) ? readFileSync(join(run, 'engine.log'), 'utf8') : ''),
    shell(script, words = [], input = '') {
      const [program = '', ...first] = [...entering(engine.keeperPid(), ['-m']), 'sh', '-c', script, 'sh'];
      return spawnSync(program, [...first, ...words], { encoding: 'utf8', input });
    },
    links() {
      const table = isRoot
        ? read('/proc/net/dev')
        : engine.shell('nsenter --net="$1" cat /proc/net/dev', [join(run, 'netns')]).stdout;
      return linksIn(table);
    },
    async stop() {
      const leaks: string[] = [];
      if (await accepts(socket)) {
        const list = await engine.retry<{ Id: string }[]>('GET', '/containers/json?all=1');
        await Promise.all(list.json.map(({ Id }) => api('DELETE', `/containers/${Id}?force=1&v=1`)));
        const networks = await engine.retry<{ Id: string; Name: string }[]>('GET', '/networks');
        for (const network of networks.json) {
          if (!['bridge', 'host', 'none'].includes(network.Name))
            await api('DELETE', `/networks/${network.Id}`);
        }
        const keeper = engine.keeperPid();
        await api('POST', '/tcompose/shutdown', {});
        await until(() => !alive(keeper), 'the keeper to end').catch((error: Error) =>
          leaks.push(error.message),
        );
      }
      leaks.push(...(await lasting(() => leftovers(root, before))));
      await removeTree(join(programs, 'tcompose-shim'), run, root);
      return leaks;
    },
  };
  return engine;
}

/** A command that runs others in namespaces of a process, by flags of nsenter(1): for a user as root of his. */
export const entering = (pid: number, flags: readonly string[]): readonly string[] => [
  'nsenter',
  '-t',
  String(pid),
  ...(isRoot ? [] : ['-U', '--preserve-credentials']),
  ...flags,
];

async function runKeeper(
  shim: string,
  run: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (!isRoot) {
    const { code, said } = await runInNamespaces(shim, run, words, { env, warn: () => {} });
    if (code !== 0) throw new Error(`the keeper exited with ${code}: ${said}`);
    return;
  }
  const result = spawnSync(shim, words, { env, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the keeper exited with ${result.status}: ${result.stderr}`);
}

/** Files of a user's sub-ids go by root of his namespaces only. */
async function removeTree(shim: string, run: string, root: string): Promise<void> {
  // The shim needs the run directory, which is the user's.
  const script = 'cd "$0" && ls -A | grep -vx run | xargs rm -rf';
  const quiet = { env: process.env, warn: () => {} };
  if (!isRoot && existsSync(run))
    await runInNamespaces(shim, run, ['command', '/', 'sh', '-c', script, root], quiet);
  rmSync(root, { recursive: true, force: true });
}

export function ask<T>(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer<T>> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
    const request = httpRequest(
      {
        socketPath,
        method,
        path,
        agent: false,
        headers:
          payload === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload as string) },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            get json(): T {
              return JSON.parse(text) as T;
            },
          });
        });
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

async function accepts(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  try {
    return (await ask(socketPath, 'GET', '/_ping')).status === 200;
  } catch {
    return false;
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(read(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** Ends processes at one moment: none of them acts on the end of another. One that has ended already is no fault. */
export function killTogether(pids: readonly number[]): void {
  for (const signal of ['SIGSTOP', 'SIGKILL'])
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
}

/** How long to wait for what must come, seconds: far more than the slowest machine takes. */
const limitSeconds = 90;

/** Polls for what gives no notice. */
export async function until(test: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 40 * limitSeconds; tries++) {
    if (await test()) return;
    await sleep(25);
  }
  throw new Error(`waited ${limitSeconds} s for ${what}`);
}

/** Runs the docker CLI against an engine. What hangs is killed. */
export function docker(
  engine: TestEngine,
  args: readonly string[],
  input?: string,
): { status: number | null; stdout: string; stderr: string } {
  const result = spawnSync('docker', args, {
    env: engine.dockerEnv,
    encoding: 'utf8',
    timeout: limitSeconds * 1000,
    ...(input === undefined ? {} : { input }),
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

export function dockerProcess(engine: TestEngine, args: readonly string[]): ChildProcess {
  return spawn('docker', args, { env: engine.dockerEnv, stdio: ['pipe', 'pipe', 'pipe'] });
}
