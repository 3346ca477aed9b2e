import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import { ownGroupWord, scopeRefused } from './delegated-scope.ts';
import { findNamespaces } from './find-namespaces.ts';
import { mapIds } from './map-ids.ts';
import { namespaceRefusal } from './refusal.ts';
import type { IdMaps } from './store-ids.ts';

/** Exit codes of `tcompose-shim rootless` (native/rootless/rootless.h). */
const NO_USER_NAMESPACE = 4;
const NO_NAMESPACES = 5;
const MADE_MEANWHILE = 6;
/** Codes of a keeper: it is running, or another one is. */
const STANDS = 0;
const ANOTHER_KEEPER = 3;
/** Codes with which only the shim itself ends. */
const ownCodes: readonly number[] = [
  STANDS,
  ANOTHER_KEEPER,
  NO_USER_NAMESPACE,
  NO_NAMESPACES,
  MADE_MEANWHILE,
];

interface NamespaceOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly warn: (sentence: string) => void;
  /** A prefix command that runs the rest in a control group of its own (delegated-scope.ts). */
  readonly scope?: readonly string[];
  /** Called with the ids of new namespaces, and why they are not all that the user has; an error that it throws prevents them. */
  readonly mapped?: (maps: IdMaps, failure: string | undefined) => void;
}

/** How a mode of the shim ended. */
export interface ModeEnd {
  readonly code: number;
  /** Its standard error. */
  readonly said: string;
}

/**
 * Runs a mode of the shim in the namespaces of the user's engine at `run`, which are made if there are none, and waits
 * for its end. `warn` is called with their limitations.
 * @throws TcomposeError ENGINE_ROOTLESS when the machine does not allow an ordinary user any
 */
export async function runInNamespaces(
  shim: string,
  run: string,
  mode: readonly string[],
  options: NamespaceOptions,
): Promise<ModeEnd> {
  let { scope = [] } = options;
  for (let tries = 1; ; tries++) {
    const pid = findNamespaces(run);
    const words = [shim, 'rootless', run, String(pid ?? 0), '--', ...mode];
    const end =
      scope.length === 0
        ? await once(words, options)
        : await once([...scope, ...words], {
            ...options,
            env: { ...options.env, TCOMPOSE_CGROUP: ownGroupWord },
          });
    if (scope.length > 0 && !ownCodes.includes(end.code)) {
      // Either the scope was refused, or the command fails in the same way without it.
      scope = [];
      options.warn(scopeRefused(end.said));
      continue;
    }
    // Another process made them, or the process that held them ended, since they were looked for.
    const again = end.code === MADE_MEANWHILE || (end.code === NO_NAMESPACES && pid !== undefined);
    if (again && tries < 10) continue;
    if (end.code === NO_USER_NAMESPACE || end.code === NO_NAMESPACES)
      throw namespaceRefusal(end.said, facts(shim));
    return end;
  }
}

/**
 * Starts a mode of the shim, with this process's own streams, in the namespaces of the running engine at `run`.
 * @throws TcomposeError ENGINE_ROOTLESS when it has none any more
 */
export function beginInNamespaces(
  shim: string,
  run: string,
  mode: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  const pid = findNamespaces(run);
  if (pid === undefined) throw namespaceRefusal('its engine has stopped', facts(shim));
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
  [program = '', ...words]: readonly string[],
  { env, warn, mapped }: NamespaceOptions,
): Promise<ModeEnd> {
  return new Promise((resolve, reject) => {
    const starter = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env });
    const said: Buffer[] = [];
    let refused: string | undefined;
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    starter.stderr?.on('data', (part: Buffer) => said.push(part));
    starter.stdin?.on('error', () => {});
    starter.stdout?.once('data', () => {
      try {
        const { maps, sentence, failure } = mapIds(starter.pid!);
        mapped?.(maps, failure);
        if (sentence !== undefined) warn(sentence);
        starter.stdin.write('m');
      } catch (error) {
        if (error instanceof TcomposeError) reject(error);
        refused = (error as Error).message;
        starter.stdin.end();
      }
    });
    starter.once('error', (error) =>
      resolve({ code: -1, said: `${program} cannot be run: ${error.message}` }),
    );
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
