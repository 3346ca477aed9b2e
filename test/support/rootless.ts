import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { commandLimit, requirements } from './cli.ts';

/** A user of the machine who is not root, made for a test. */
export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** His home, with a project directory `project` in it. */
  readonly home: string;
  readonly project: string;
  /** His XDG_RUNTIME_DIR. */
  readonly runtime: string;
  /** Runs a program as him, in his project. */
  run(program: string, ...args: string[]): SpawnSyncReturns<string>;
  /** Runs the built CLI as him, in his project. */
  tcompose(...args: string[]): SpawnSyncReturns<string>;
  write(file: string, text: string): void;
  /** Ends his engine, and removes him with all he has. */
  remove(): void;
}

interface UserOptions {
  /** Ranges of 65536 ids in /etc/subuid and /etc/subgid (default), or none. */
  readonly subIds?: boolean;
  /** PATH of what he runs; default: this process's. */
  readonly path?: string;
}

let made = 0;

/** What such a test needs and this machine lacks. */
export const rootlessUnmet = (...commands: string[]): string | undefined =>
  requirements({
    root: true,
    built: true,
    commands: ['useradd', 'userdel', 'setpriv', 'unshare', 'newuidmap', ...commands],
  }) ?? namespacesUnmet();

/** As nobody: what is asked is whether a user may, and whether he may read what was built. */
function namespacesUnmet(): string | undefined {
  const asNobody = (...words: string[]) =>
    spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...words]).status === 0;
  if (!asNobody('unshare', '-Urmn', 'true')) return 'needs user namespaces for users who are not root';
  if (!asNobody('test', '-r', resolve('dist/tcompose.cjs')))
    return 'needs a checkout that every user may read';
  return undefined;
}

/** Makes a user; the caller removes him. */
export function makeUser({ subIds = true, path = process.env.PATH ?? '' }: UserOptions = {}): TestUser {
  const name = `tct${process.pid}n${made++}`;
  const base = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  chmodSync(base, 0o755);
  const home = join(base, 'home');
  const count = subIds ? 65_536 : 0;
  const args = ['-m', '-d', home, '-K', `SUB_UID_COUNT=${count}`, '-K', `SUB_GID_COUNT=${count}`, name];
  const added = spawnSync('useradd', args, { encoding: 'utf8' });
  if (added.status !== 0) throw new Error(`useradd: ${added.stderr}`);
  const id = (option: string) => Number(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout);
  const [uid, gid] = [id('-u'), id('-g')];
  const project = join(home, 'project');
  const runtime = join(base, 'runtime');
  for (const directory of [project, runtime]) {
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, uid, gid);
  }
  const env = { HOME: home, USER: name, PATH: path, XDG_RUNTIME_DIR: runtime, LANG: 'C.UTF-8' };
  // By its path: that of the environment is what the program gets.
  const setpriv = spawnSync('sh', ['-c', 'command -v setpriv'], { encoding: 'utf8' }).stdout.trim();
  const run = (program: string, ...words: string[]) =>
    spawnSync(
      setpriv,
      [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all', program, ...words],
      {
        cwd: project,
        env,
        encoding: 'utf8',
        timeout: commandLimit,
      },
    );
  const tcompose = (...words: string[]) => run(process.execPath, resolve('dist/tcompose.cjs'), ...words);
  return {
    name,
    uid,
    gid,
    home,
    project,
    runtime,
    run,
    tcompose,
    write(file, text) {
      const target = join(project, file);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
      for (const one of [dirname(target), target]) chownSync(one, uid, gid);
    },
    remove() {
      tcompose('engine', 'stop', '--force');
      // Containers that a failed test left, and the holder of the network, which lasts longer than the engine.
      for (const line of processesOf(uid)) killIfThere(Number.parseInt(line, 10));
      // Forced: what has just been killed may still be in the process table.
      const removed = spawnSync('userdel', ['-f', name], { encoding: 'utf8' });
      if (removed.status !== 0) throw new Error(`userdel: ${removed.stderr}`);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with another one.
  }
}

/** Processes of a user, as `pid command line`. */
export function processesOf(uid: number): string[] {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'ruid=,pid=,stat=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .flatMap((match) =>
      match && Number(match[1]) === uid && !match[3]!.startsWith('Z') ? [`${match[2]} ${match[4]}`] : [],
    );
}

/** Field `name` of a process's status file. */
export const statusField = (pid: number, name: string): string | undefined =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

/** Not by fetch: where a connection is reset as soon as it is made, Node 20's never settles. */
const answerOnce = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = get(url, { agent: false, timeout: 30_000 }, (response) => {
      text(response).then(resolve, reject);
    });
    asked.once('timeout', () => asked.destroy(new Error(`${url} gives no answer`)));
    asked.once('error', reject);
  });

/** What an HTTP server on the machine says, once it is up; each time by a connection of its own. */
export async function answerOf(port: number, host = '127.0.0.1'): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await answerOnce(`http://${host}:${port}`);
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}
