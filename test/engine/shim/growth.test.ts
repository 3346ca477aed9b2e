import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeLaunchPlan, encodeNetworkOps } from '../../../src/runtime/launch/plan-codec.ts';
import { type ProcessSize, sizeOf } from '../../support/process-size.ts';
import { makeSandbox, shimBinary, spawnShim, untilState, whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);
/** The sanitizers keep freed memory: there only descriptors are compared, and leaks are looked for at the end. */
const sanitized = process.env.TCOMPOSE_TEST_FUZZ !== undefined;

function expectNoGrowth(before: ProcessSize, after: ProcessSize): void {
  expect(after.fds).toBeLessThanOrEqual(before.fds);
  if (!sanitized) expect(after.memory).toBeLessThanOrEqual(before.memory + 64);
}

const pathOf = (relative: string) => new URL(relative, import.meta.url).pathname;

/** An engine that runs the plan given 220 times, one after the other, and writes down the keeper's size on the way. */
const engineSource = (source: string, support: string) => `
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connectKeeper } from '${source}/keeper-client.ts';
import { connectShim } from '${source}/shim-client.ts';
import { sizeOf } from '${support}/process-size.ts';
const run = process.argv[5];
const [runDir] = readFileSync(run + '/run-dir', 'utf8').split('\\n');
const plan = readFileSync(run + '/plan');
const keeper = await connectKeeper();
const gone = new Map();
const ended = new Set();
keeper.onShimGone(({ pid }) => { ended.add(pid); gone.get(pid)?.(); });
async function once() {
  const { pid } = await keeper.spawn(plan, runDir);
  const shim = await connectShim(runDir);
  await new Promise((resolve) => shim.onState((state) => state.type === 'exited' && resolve()));
  await shim.reap();
  shim.close();
  if (!ended.has(pid)) await new Promise((resolve) => gone.set(pid, resolve));
}
for (let i = 0; i < 20; i++) await once();
const before = sizeOf(keeper.pid);
for (let i = 0; i < 200; i++) await once();
const after = sizeOf(keeper.pid);
writeFileSync(run + '/sizes.new', JSON.stringify({ before, after, shims: (await keeper.list()).length }));
renameSync(run + '/sizes.new', run + '/sizes');
process.exit(0);
`;

describe.skipIf(reason !== undefined)('what runs for long', () => {
  const box = makeSandbox();
  let keeper = 0;
  afterAll(() => {
    if (keeper !== 0 && existsSync(`/proc/${keeper}`)) process.kill(keeper, 'SIGKILL');
    box.close();
  });

  it('is a keeper that grows by nothing over 200 containers', async () => {
    const run = join(box.dir, 'run');
    mkdirSync(run);
    const plan = box.plan('again', ['true'], {
      process: { env: Array.from({ length: 500 }, (_, i) => `VARIABLE_${i}=${'x'.repeat(100)}`) },
    });
    writeFileSync(join(run, 'run-dir'), `${plan.runDir}\n`);
    writeFileSync(join(run, 'plan'), encodeLaunchPlan(plan));
    const entry = join(box.dir, 'engine.ts');
    writeFileSync(entry, engineSource(pathOf('../../../src/runtime/shim'), pathOf('../../support')));
    const engine = join(box.dir, 'engine.mjs');
    buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile: engine });
    const options = ['--engine', process.execPath, engine, '--lib', box.dir, '--run', run];
    expect(spawnSync(shimBinary, ['keeper', ...options]).status).toBe(0);
    keeper = Number(readFileSync(join(run, 'keeper.pid'), 'utf8'));
    await expect.poll(() => existsSync(join(run, 'sizes')), { timeout: 280_000 }).toBe(true);
    const sizes = JSON.parse(readFileSync(join(run, 'sizes'), 'utf8'));
    expectNoGrowth(sizes.before, sizes.after);
    expect(sizes.shims).toBe(0);
    await expect.poll(() => existsSync(`/proc/${keeper}`), { timeout: 90_000 }).toBe(false);
  });

  it('is a shim that grows by nothing over 200 clients and requests', async () => {
    const plan = box.plan('long', ['sh', '-c', 'while read line; do echo "$line"; done'], {
      stdio: { stdin: true },
    });
    const shim = await spawnShim(plan);
    const { pid } = await untilState(shim, 'started');
    const held = (name: string) =>
      encodeNetworkOps([
        { op: 'hold-socket', name, family: 4, protocol: 'udp', address: '127.0.0.1', port: 0, backlog: 0 },
        { op: 'write', path: '/proc/sys/net/ipv4/ip_unprivileged_port_start', data: '80', optional: false },
      ]);
    const refused = encodeNetworkOps([
      { op: 'netlink', protocol: 0, from: 'host', message: Buffer.alloc(16), what: 'nothing' },
    ]);
    const once = async () => {
      const client = await shim.attach({ stdin: true, stdout: true, stderr: true });
      const line = `${'y'.repeat(20_000)}\n`;
      let got = '';
      const whole = new Promise<void>((resolve) => {
        client.onOutput((_, bytes) => {
          got += bytes.toString();
          if (got.length >= line.length) resolve();
        });
      });
      await client.write(Buffer.from(line));
      await whole;
      client.close();
      await shim.network(held('one'));
      await shim.releaseSocket('one');
      await expect(shim.network(refused)).rejects.toMatchObject({ code: 'RUNTIME_SHIM' });
      await expect(shim.network(Buffer.from('no ops'))).rejects.toMatchObject({ code: 'RUNTIME_SHIM' });
      await shim.signal(0);
      await shim.sockets();
    };
    for (let i = 0; i < 20; i++) await once();
    const before = sizeOf(shim.shimPid);
    for (let i = 0; i < 200; i++) await once();
    // a client that has gone is found out at the next turn
    await expect.poll(() => sizeOf(shim.shimPid).fds, { timeout: 90_000 }).toBeLessThanOrEqual(before.fds);
    expectNoGrowth(before, sizeOf(shim.shimPid));
    execFileSync('kill', ['-9', `${pid}`]);
    await untilState(shim, 'exited');
    await shim.reap();
  });
});
