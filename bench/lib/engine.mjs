// A private engine in a temporary root, and a minimal client for its API.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const cli = new URL('../../dist/tcompose.cjs', import.meta.url).pathname;

/** Starts an engine of its own; `stop` removes its containers, ends it and removes its root, or throws. */
export function startEngine() {
  const root = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
  const env = { ...process.env, TCOMPOSE_ROOT: root };
  delete env.DOCKER_HOST;
  const tcompose = (...args) => execFileSync(process.execPath, [cli, ...args], { env, encoding: 'utf8' });
  tcompose('container', 'ls');
  const api = apiClient(join(root, 'run', 'engine.sock'));
  return {
    root,
    env,
    tcompose,
    api,
    async stop() {
      // A connection that the engine has closed meanwhile is noticed first: commands that were waited for kept this process from it.
      await sleep(50);
      // Containers outlive their engine, so they go first.
      for (const { Id } of await api('GET', '/containers/json?all=1'))
        await api('DELETE', `/containers/${Id}?force=1&v=1`);
      const keeper = Number(readFileSync(join(root, 'run', 'keeper.pid'), 'utf8'));
      const { status, stderr } = spawnSync(process.execPath, [cli, 'engine', 'stop'], {
        env,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`the engine of ${root} did not stop: ${stderr}`);
      for (let tries = 0; existsSync(`/proc/${keeper}`) && tries < 100; tries++) await sleep(20);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** JSON requests over a unix socket with one kept-alive connection per request in flight. */
export function apiClient(socketPath) {
  const agent = new Agent({ keepAlive: true });
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
      const outgoing = request({ socketPath, agent, method, path, headers }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode >= 400)
            reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
          else resolve(text === '' ? undefined : JSON.parse(text));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
}
