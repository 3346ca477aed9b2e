import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ToldBuildEvent } from '../../../engine/client/builds.ts';
import type { Env } from '../../context.ts';
import { buildxCall, missingOfBuildx } from './buildx-arguments.ts';
import { BuildxEvents } from './buildx-events.ts';
import type { ForeignBuild, Surroundings } from './types.ts';

/** Milliseconds that buildx may take to report its version. */
const patience = 10_000;

/** Why `docker buildx` is not used for builds; undefined when it is. */
export function whyNoBuildx(env: Env): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('docker', ['buildx', 'version'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: patience,
    });
    let said = '';
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString().slice(0, 1000);
    });
    child.once('error', () => resolve('there is no docker command'));
    child.once('close', (status) => {
      const [, major = 0, minor = 0] = (/v?(\d+)\.(\d+)/.exec(said) ?? []).map(Number);
      if (status !== 0) resolve('docker has no buildx');
      else if (major === 0 && minor < 13) resolve(`buildx ${major}.${minor} is older than 0.13`);
      else resolve(undefined);
    });
  });
}

/** Builds with `docker buildx build`; reported by events, the last of which is `done` or `error`. */
export async function* runBuildx(
  { service, request, build, ssh, signal }: ForeignBuild,
  around: Surroundings,
): AsyncGenerator<ToldBuildEvent> {
  for (const message of missingOfBuildx(service, build)) yield { type: 'warning', message };
  const place = await mkdtemp(join(tmpdir(), 'tcompose-buildx-'));
  let child: ChildProcess | undefined;
  try {
    const files: Record<string, string> = {};
    for (const [at, [id, value]] of Object.entries(request.secrets ?? {}).entries()) {
      const path = join(place, `secret-${at}`);
      await writeFile(path, Buffer.from(value, 'base64'), { mode: 0o600 });
      files[id] = path;
    }
    const id = join(place, 'id');
    const call = buildxCall(request, build, ssh, { id, secrets: files });
    child = spawn('docker', call.args, {
      cwd: around.cwd,
      env: { ...around.env, ...call.env },
      stdio: ['pipe', 'ignore', 'pipe'],
      signal,
      killSignal: 'SIGINT',
    });
    const ended = new Promise<number | null>((resolve) => {
      child!.once('error', () => resolve(null));
      child!.once('close', resolve);
    });
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(call.input ?? '');
    const events = new BuildxEvents();
    for await (const line of createInterface({ input: child.stderr! })) yield* events.take(line);
    const status = await ended;
    if (status !== 0) yield events.failure(status);
    else yield { type: 'done', tags: request.tags ?? [], ...(await imageOf(id)) };
  } finally {
    if (child?.exitCode === null) child.kill('SIGINT');
    await rm(place, { recursive: true, force: true });
  }
}

/** A check makes no image. */
async function imageOf(path: string): Promise<{ readonly image?: string }> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text === '' ? {} : { image: text.trim() };
}
