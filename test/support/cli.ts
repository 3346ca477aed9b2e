import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const bundle = resolve('dist/tcompose.cjs');

/** What a suite needs that this machine lacks, as a sentence for the skip reason; undefined when all is there. */
export function requirements(needs: {
  readonly root?: boolean;
  readonly built?: boolean;
  readonly commands?: readonly string[];
}): string | undefined {
  if (needs.root && process.getuid?.() !== 0) return 'needs root';
  if (needs.built && !existsSync(bundle)) return 'needs the built CLI (npm run build)';
  const missing = (needs.commands ?? []).filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
  );
  return missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
}

/** Runs the built CLI in `cwd`; every call returns status, stdout and stderr as text. One minute at most. */
export function tcomposeIn(cwd: string, env: Record<string, string>) {
  const { DOCKER_HOST: _, ...inherited } = process.env;
  return (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [bundle, ...args], {
      cwd,
      env: { ...inherited, ...env },
      encoding: 'utf8',
      timeout: 60_000,
    });
}

/** A TCP port nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
