import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endEngine, freePort, requirements, tcomposeIn } from '../support/cli.ts';
import { alive, until } from '../support/engine.ts';
import { lasting, leftovers, mountLines, readIfThere, remainingDirectories } from '../support/leaks.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { pageOf } from '../support/page-of.ts';

const unmet = requirements({ containers: true, built: true });
const noIPv6 = !existsSync('/proc/sys/net/ipv6');

describe.skipIf(unmet !== undefined)(`the demo application${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const project = join(scratch, 'demo');
  const mounts = mountLines();
  let port = 0;
  let run: ReturnType<typeof tcomposeIn>;

  beforeAll(async () => {
    enterOwnNetwork();
    cpSync('fixtures/demo', project, { recursive: true });
    port = await freePort();
    run = tcomposeIn(project, { TCOMPOSE_ROOT: join(scratch, 'root'), WEB_PORT: String(port) });
  });

  afterAll(() => {
    run('down', '-v', '-t', '2');
    run(...endEngine);
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
    expect((await fetch(`${origin}/`)).headers.get('content-type')).toContain('text/html');
    const placed = await fetch(`${origin}/api/orders`, {
      method: 'POST',
      body: JSON.stringify({ item: 'pear', count: 4 }),
    });
    expect(placed.status).toBe(202);
    const { id } = (await placed.json()) as { id: string };
    let order: { status?: string; cents?: number } = {};
    await until(async () => {
      order = JSON.parse(await pageOf('127.0.0.1', port, `/api/orders/${id}`)) as typeof order;
      return order.status === 'priced';
    }, 'the order to be priced');
    expect(order).toMatchObject({ status: 'priced', cents: 220 });
  });

  it.skipIf(noIPv6)(
    `is reached over IPv6 as well${noIPv6 ? ' (skipped: this machine has no IPv6)' : ''}`,
    async () => {
      expect(await pageOf('::1', port)).toContain('<html');
    },
  );

  it('resolves service names inside a container', () => {
    const hosts = run('exec', '-T', 'worker', 'getent', 'hosts', 'api');
    expect(hosts.status).toBe(0);
    expect(hosts.stdout).toMatch(/^\d+\.\d+\.\d+\.\d+\s+api/);
  });

  it('shows what the services said', async () => {
    const said = () => run('logs', '--no-color', 'worker').stdout;
    await until(() => said().includes('priced 4 × pear: 2.20'), 'the worker to say so');
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
    await expect(pageOf('127.0.0.1', port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    // The engine ends by itself when there is no container left.
    const root = join(scratch, 'root');
    const keeper = () => Number(readIfThere(join(root, 'run/keeper.pid')));
    await until(() => keeper() === 0 || !alive(keeper()), 'the keeper to end');
    expect(await lasting(() => [...leftovers(root, mounts), ...remainingDirectories(root)])).toEqual([]);
  });
});
