import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, requirements, tcomposeIn } from '../support/cli.ts';
import { alive } from '../support/engine.ts';
import { lasting, leftovers, mountLines, remainingDirectories } from '../support/leaks.ts';

const unmet = requirements({ root: true, built: true });

describe.skipIf(unmet !== undefined)(`the demo application${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const project = join(scratch, 'demo');
  const mounts = mountLines();
  let port = 0;
  let run: ReturnType<typeof tcomposeIn>;

  beforeAll(async () => {
    cpSync('fixtures/demo', project, { recursive: true });
    port = await freePort();
    run = tcomposeIn(project, { TCOMPOSE_ROOT: join(scratch, 'root'), WEB_PORT: String(port) });
  });

  afterAll(() => {
    run('down', '-v', '-t', '2');
    run('engine', 'stop', '--force');
    rmSync(scratch, { recursive: true, force: true });
  });

  it('comes up with every condition met', () => {
    const up = run('up', '-d', '--wait');
    expect(up.stderr).not.toMatch(/error/i);
    expect(up.status).toBe(0);
    const ps = run('ps', '-a', '--format', 'json');
    const states = Object.fromEntries(
      ps.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map(({ Service, State, ExitCode }) => [Service, State === 'exited' ? `exited ${ExitCode}` : State]),
    );
    expect(states).toEqual({
      api: 'running',
      migrate: 'exited 0',
      store: 'running',
      web: 'running',
      worker: 'running',
    });
  });

  it('serves an order that went through api, worker and store', async () => {
    const origin = `http://127.0.0.1:${port}`;
    const placed = await fetch(`${origin}/api/orders`, {
      method: 'POST',
      body: JSON.stringify({ item: 'pear', count: 4 }),
    });
    expect(placed.status).toBe(202);
    const { id } = (await placed.json()) as { id: string };
    let order: { status?: string; cents?: number } = {};
    for (let tries = 0; tries < 100 && order.status !== 'priced'; tries++) {
      await sleep(100);
      order = (await (await fetch(`${origin}/api/orders/${id}`)).json()) as typeof order;
    }
    expect(order).toMatchObject({ status: 'priced', cents: 220 });
    expect((await fetch(`${origin}/`)).headers.get('content-type')).toContain('text/html');
  });

  it('is reached by the name localhost over IPv6 as well', async () => {
    const answer = await fetch(`http://[::1]:${port}/`);
    expect(answer.status).toBe(200);
  });

  it('resolves service names inside a container', () => {
    const hosts = run('exec', '-T', 'worker', 'getent', 'hosts', 'api');
    expect(hosts.status).toBe(0);
    expect(hosts.stdout).toMatch(/^\d+\.\d+\.\d+\.\d+\s+api/);
  });

  it('shows what the services said', () => {
    expect(run('logs', '--no-color', 'worker').stdout).toContain('priced 4 × pear: 2.20');
    expect(run('logs', '--no-color', 'migrate').stdout).toContain('migrated to schema 1, 3 prices');
  });

  it('keeps every container at a second up', () => {
    // The migration runs again, as with Docker Compose, so it may be up or not.
    const ids = () => run('ps', '-a', '-q').stdout;
    const before = ids();
    expect(run('up', '-d').status).toBe(0);
    expect(ids()).toEqual(before);
  });

  it('goes down without a trace', async () => {
    expect(run('down', '-v', '-t', '5').status).toBe(0);
    expect(run('ps', '-a', '-q').stdout).toBe('');
    const refused = spawnSync('curl', ['-s', '-m', '2', `http://127.0.0.1:${port}/`]);
    expect(refused.status).not.toBe(0);
    // The engine ends by itself when there is no container left.
    const root = join(scratch, 'root');
    const keeper = Number(readFileSync(join(root, 'run/keeper.pid'), 'utf8'));
    for (let tries = 0; tries < 300 && alive(keeper); tries++) await sleep(100);
    expect(await lasting(() => [...leftovers(root, mounts), ...remainingDirectories(root)])).toEqual([]);
  });
});
