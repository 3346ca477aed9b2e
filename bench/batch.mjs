// Batches of 20 and 200 containers: created, started, stopped and removed at once over the API, per container, in wall time
// and in processor time of engine, keeper, shims and first processes; beside it a bare launcher (bench/native/launcher.c: clone3
// with six namespaces, an overlay, pivot_root, execve, exit), as many of it at once. All in turn, round by round.
//
//   node bench/batch.mjs          ROUNDS, COUNTS ("20,200"), NETWORK (a bridge; "none") in the environment
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine } from './lib/engine.mjs';
import { median } from './lib/measure.mjs';
import { cpuTime, deadChildrenTime, processes } from './lib/processes.mjs';
import { makeRootfs, tarOf } from './lib/rootfs.mjs';

const rounds = Number(process.env.ROUNDS ?? 7);
const counts = (process.env.COUNTS ?? '20,200').split(',').map(Number);
const network = process.env.NETWORK ?? 'bench';
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
// An engine without containers would end by itself between two rounds.
process.env.TCOMPOSE_IDLE_SECONDS = '0';
const engine = startEngine();
let launcherDirectories = 0;

try {
  const rootfs = makeRootfs(join(scratch, 'rootfs'));
  engine.tcompose('image', 'import', tarOf(rootfs, join(scratch, 'rootfs.tar')), 'bench');
  if (network === 'bench')
    await engine.api('POST', '/networks/create', {
      Name: network,
      IPAM: { Config: [{ Subnet: '10.213.0.0/16' }] },
    });
  const { pid } = await engine.api('GET', '/tcompose/status');
  const launcher = compileLaunchers();
  console.log(`node ${process.version}, Linux ${release()}, ${availableParallelism()} CPUs`);
  for (const count of counts) {
    const figures = new Map();
    const note = (name, value) => figures.set(name, [...(figures.get(name) ?? []), value]);
    for (let round = -1; round < rounds; round++) {
      const floor = launchers(launcher, rootfs, count);
      const ours = await batch(pid, count);
      if (round < 0) continue;
      for (const [name, value] of Object.entries(floor)) note(`launcher ${name}`, value);
      for (const [name, value] of Object.entries(ours)) note(name, value);
      note('start, wall, ratio to launchers at once', ours['start, wall'] / floor['at once, wall']);
      note(
        'start, processor, ratio to launchers at once',
        ours['start, processor, all'] / floor['at once, processor'],
      );
    }
    print(count, figures);
  }
} finally {
  await engine.stop();
  rmSync(scratch, { recursive: true, force: true });
}

function print(count, figures) {
  console.log(`\n${count} at once, network ${network}, a container (median of ${rounds}; least, most)`);
  for (const [name, list] of figures) {
    const sorted = [...list].sort((a, b) => a - b);
    const unit = name.includes('ratio') ? 'x ' : 'ms';
    const [least, middle, most] = [sorted[0], median(sorted), sorted.at(-1)].map((value) => value.toFixed(2));
    console.log(`  ${name.padEnd(48)} ${middle.padStart(8)} ${unit}   (${least}, ${most})`);
  }
}

/** One batch through its life: milliseconds a container. */
async function batch(pid, count) {
  const figures = {};
  const { api } = engine;
  const step = async (name, work) => {
    const before = spent(pid);
    const began = performance.now();
    const result = await work();
    figures[`${name}, wall`] = (performance.now() - began) / count;
    const after = spent(pid);
    const used = (key) => Math.max(0, after[key] - before[key]) / count;
    if (name === 'start') {
      figures['start, processor, engine'] = used('engine');
      figures['start, processor, keeper'] = used('keeper');
      figures['start, processor, shims'] = used('shims');
      figures['start, processor, first processes'] = used('inits');
      figures['start, processor, all'] = used('engine') + used('keeper') + used('shims') + used('inits');
    } else {
      figures[`${name}, processor, engine`] = used('engine');
    }
    return result;
  };
  const body = { Image: 'bench', Cmd: ['/bin/sleep', '1000000'], HostConfig: { NetworkMode: network } };
  const ids = await step('create', () =>
    Promise.all(
      Array.from({ length: count }, async () => (await api('POST', '/containers/create', body)).Id),
    ),
  );
  await step('start', () => Promise.all(ids.map((id) => api('POST', `/containers/${id}/start`))));
  await step('kill and remove', () =>
    Promise.all(ids.map((id) => api('DELETE', `/containers/${id}?force=1`))),
  );
  // What was removed is deleted after the answer: it must not meet the next round.
  await sleep(1200 + 10 * count);
  return figures;
}

/** Milliseconds of processor time so far. */
function spent(pid) {
  const all = processes();
  const keeper = all.get(pid)?.parent ?? 0;
  const childrenOf = (parents) => [...all].filter(([, one]) => parents.has(one.parent)).map(([one]) => one);
  const shims = childrenOf(new Set([keeper])).filter((one) => one !== pid);
  const inits = childrenOf(new Set(shims));
  const sum = (pids) => pids.reduce((total, one) => total + cpuTime(one), 0);
  return {
    engine: cpuTime(pid),
    keeper: cpuTime(keeper),
    shims: sum(shims),
    inits: sum(inits),
    dead: deadChildrenTime(keeper),
  };
}

function compileLaunchers() {
  const at = (name) => new URL(`native/${name}.c`, import.meta.url).pathname;
  for (const name of ['launcher', 'launch-many'])
    execFileSync('cc', ['-O2', '-static', '-o', join(scratch, name), at(name)]);
  return { one: join(scratch, 'launcher'), many: join(scratch, 'launch-many') };
}

/** As many bare launchers, one after the other and at once. */
function launchers({ one, many }, rootfs, count) {
  const figures = {};
  for (const mode of ['in turn', 'at once']) {
    const directory = join(scratch, `launchers-${launcherDirectories++}`);
    for (let index = 0; index < count; index++)
      for (const part of ['upper', 'work', 'merged'])
        mkdirSync(join(directory, String(index), part), { recursive: true });
    const answer = execFileSync(
      many,
      [mode === 'at once' ? 'at-once' : 'in-turn', String(count), one, rootfs, directory, '/bin/true'],
      { encoding: 'utf8' },
    );
    const [wall, processor] = answer.trim().split(' ').map(Number);
    figures[`${mode}, wall`] = wall / count;
    figures[`${mode}, processor`] = processor / count;
    rmSync(directory, { recursive: true, force: true });
  }
  return figures;
}
