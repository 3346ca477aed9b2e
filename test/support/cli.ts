import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { plainEnvironment } from './environment.ts';

const bundle = resolve('dist/tcompose.cjs');

interface Needs {
  /** What only the machine's own root can do. */
  readonly root?: boolean;
  /** An engine, root's or one of a user's own. */
  readonly containers?: boolean;
  readonly built?: boolean;
  readonly commands?: readonly string[];
}

/** What a suite needs that this machine lacks, as a sentence for the skip reason, and printed; undefined when all is there. */
export function requirements(needs: Needs): string | undefined {
  const lacking = firstLacking(needs);
  if (lacking !== undefined) console.log(`skipped: ${lacking}`);
  return lacking;
}

function firstLacking(needs: Needs): string | undefined {
  const isRoot = process.getuid?.() === 0;
  if (needs.root && !isRoot) return 'needs root';
  if (needs.containers && !isRoot && spawnSync('unshare', ['-Urmn', 'true']).status !== 0)
    return 'needs root, or user namespaces for users who are not';
  if (needs.built && !existsSync(bundle)) return 'needs the built CLI (npm run build)';
  const missing = (needs.commands ?? []).filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
  );
  return missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
}

/** Longest a command may take, milliseconds: what hangs is to fail with its output, what is slow is not. */
export const commandLimit = 180_000;

/** Runs the built CLI in `cwd`; every call returns status, stdout and stderr as text. */
export function tcomposeIn(cwd: string, env: Record<string, string>) {
  return (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [bundle, ...args], {
      cwd,
      env: { ...plainEnvironment(), ...env },
      encoding: 'utf8',
      timeout: commandLimit,
    });
}

/**
 * The command that ends the engine of a test, whose directory can be removed then: a user's has files that only root of his
 * namespaces may remove.
 */
export const endEngine: readonly string[] = [
  'engine',
  process.getuid?.() === 0 ? 'stop' : 'reset',
  '--force',
];

/** Below the ports that connections get by themselves (ip_local_port_range), so that none of those takes it meanwhile. */
const portsFrom = 20_000;
const portCount = 10_000;
let nextPort = process.pid;

/** A TCP port nobody listens on at any address; the next call gives another one. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portCount; tries++) {
    const port = portsFrom + (nextPort++ % portCount);
    if (await canListen(port)) return port;
  }
  throw new Error('every port is taken');
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolvePort) => {
    const server = createServer();
    server.once('error', () => resolvePort(false));
    // Without an address: all of both families, where there are both.
    server.listen(port, () => server.close(() => resolvePort(true)));
  });
}
