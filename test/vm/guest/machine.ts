import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

export const tree = '/sys/fs/cgroup';

/** One engine root inside the test machine, and how its commands are started. */
export interface Situation {
  readonly name: string;
  readonly root: string;
  /** The port of the machine that the project publishes. */
  readonly port: number;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built CLI; `input` is a compose file on standard input. */
export function tcompose(at: Situation, args: readonly string[], cwd = '/root'): Outcome {
  return spawnSync('node', ['/opt/tcompose/dist/tcompose.cjs', ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, TCOMPOSE_ROOT: at.root, VM_PORT: String(at.port) },
    timeout: 120_000,
  });
}

/** Standard output, trimmed, of a command that has to succeed. */
export function output(at: Situation, ...args: string[]): string {
  const { status, stdout, stderr } = tcompose(at, args);
  if (status !== 0) throw new Error(`tcompose ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** What `GET /containers/<name>/json` says. */
export async function inspect(
  at: Situation,
  name: string,
): Promise<{
  Id: string;
  State: { Pid: number; Status: string; ExitCode: number; OOMKilled: boolean };
}> {
  return JSON.parse(await api(at, 'GET', `/containers/${name}/json`));
}

/** A request to the engine's socket; the body of an answer below 300. */
export function api(at: Situation, method: string, path: string, body?: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: join(at.root, 'run/engine.sock'),
        method,
        path,
        agent: false,
        headers: { 'Content-Type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => {
          if ((response.statusCode ?? 500) < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      },
    );
    call.once('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The v2 group of a process, as an absolute directory. */
export function groupOf(pid: number | 'self'): string {
  const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('0::'));
  return `${tree}${line?.slice(3)}`;
}

export async function containerGroup(at: Situation, name: string): Promise<string> {
  return groupOf((await inspect(at, name)).State.Pid);
}

export function text(path: string): string {
  return readFileSync(path, 'utf8').trim();
}

/** Directories below one, by name. */
export function children(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** Groups of any engine that are left. */
export function ourGroups(): string[] {
  return children(tree).filter((name) => name.startsWith('tcompose'));
}

export function instanceOf(at: Situation): string {
  return text(join(at.root, 'lib/instance'));
}

export function expect(value: unknown, wanted: unknown, what: string): void {
  const right = wanted instanceof RegExp ? wanted.test(String(value)) : Object.is(value, wanted);
  if (!right)
    throw new Error(
      `${what}: ${JSON.stringify(value)} instead of ${wanted instanceof RegExp ? wanted : JSON.stringify(wanted)}`,
    );
}

/** Tries until it holds; the emulated machine is slow, so only the number of tries is bounded. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  most = 300,
): Promise<void> {
  for (let tries = 0; tries < most; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}
