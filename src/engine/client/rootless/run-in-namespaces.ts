import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import { findNamespaces } from './find-namespaces.ts';
import { mapIds } from './map-ids.ts';
import { namespaceRefusal } from './refusal.ts';
import type { IdMaps } from './store-ids.ts';

/** Exit codes of `tcompose-shim rootless` (native/rootless/rootless.h). */
const NO_USER_NAMESPACE = 4;
const NO_NAMESPACES = 5;
const MADE_MEANWHILE = 6;

interface NamespaceOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly warn: (sentence: string) => void;
  /** Hears which ids new namespaces have; what it throws is why there are to be none. */
  readonly mapped?: (maps: IdMaps) => void;
}

/** How a mode of the shim ended. */
export interface ModeEnd {
  readonly code: number;
  /** What it said on standard error. */
  readonly said: string;
}

/**
 * Runs a mode of the shim in the namespaces of the user's engine at `run`, which are made where there are none, and waits for its end.
 * `warn` hears what about them is not as it could be.
 * @throws TcomposeError ENGINE_ROOTLESS when the machine has none for a user
 */
export async function runInNamespaces(
  shim: string,
  run: string,
  mode: readonly string[],
  options: NamespaceOptions,
): Promise<ModeEnd> {
  for (let tries = 1; ; tries++) {
    const pid = findNamespaces(run);
    const end = await once(shim, [run, String(pid ?? 0), '--', ...mode], options);
    // Somebody made them, or what they were known by ended, between the look and now.
    const again = end.code === MADE_MEANWHILE || (end.code === NO_NAMESPACES && pid !== undefined);
    if (again && tries < 10) continue;
    if (end.code === NO_USER_NAMESPACE || end.code === NO_NAMESPACES)
      throw namespaceRefusal(end.said, facts(shim));
    return end;
  }
}

/**
 * Begins a mode of the shim, with this process's own streams, in the namespaces of the engine at `run`, which runs.
 * @throws TcomposeError ENGINE_ROOTLESS when it has none any more
 */
export function beginInNamespaces(
  shim: string,
  run: string,
  mode: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  const pid = findNamespaces(run);
  if (pid === undefined) throw namespaceRefusal('the engine that had it has ended', facts(shim));
  const child = spawn(shim, ['rootless', run, String(pid), '--', ...mode], {
    stdio: 'inherit',
    cwd: '/',
    env,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function once(
  shim: string,
  words: readonly string[],
  { env, warn, mapped }: NamespaceOptions,
): Promise<ModeEnd> {
  return new Promise((resolve, reject) => {
    const starter = spawn(shim, ['rootless', ...words], { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env });
    const said: Buffer[] = [];
    let refused: string | undefined;
    starter.stderr.on('data', (part: Buffer) => said.push(part));
    starter.stdin.on('error', () => {});
    starter.stdout.once('data', () => {
      try {
        const { maps, sentence } = mapIds(starter.pid!);
        mapped?.(maps);
        if (sentence !== undefined) warn(sentence);
        starter.stdin.write('m');
      } catch (error) {
        if (error instanceof TcomposeError) reject(error);
        refused = (error as Error).message;
        starter.stdin.end();
      }
    });
    starter.once('error', (error) => resolve({ code: -1, said: `${shim} cannot be run: ${error.message}` }));
    // `exit`, not `close`: the keeper may hold the streams open.
    starter.once('exit', (code, signal) => {
      for (const stream of starter.stdio) stream?.destroy();
      const text = refused ?? Buffer.concat(said).toString('utf8').trim();
      resolve({ code: code ?? -1, said: text || (signal === null ? '' : `it ended with ${signal}`) });
    });
  });
}

const facts = (binary: string) => ({
  most: setting('user/max_user_namespaces'),
  debianClone: setting('kernel/unprivileged_userns_clone'),
  appArmor: setting('kernel/apparmor_restrict_unprivileged_userns'),
  binary,
});

function setting(name: string): string {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return '';
  }
}
