// Twenty containers started at once while `dd` writes the disk at full speed, in engine time; then what fifty idle
// containers cost in memory: private memory of a shim, PSS of engine and keeper after 60 s idle.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine } from './lib/engine.mjs';
import { median } from './lib/measure.mjs';
import { makeRootfs, tarOf } from './lib/rootfs.mjs';

const rounds = Number(process.env.ROUNDS ?? 9);
const idleSeconds = Number(process.env.IDLE ?? 60);
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
const engine = startEngine();
let writer;
try {
  engine.tcompose(
    'image',
    'import',
    tarOf(makeRootfs(join(scratch, 'rootfs')), join(scratch, 'rootfs.tar')),
    'bench',
  );
  writer = spawn(
    'sh',
    ['-c', `while :; do dd if=/dev/zero of=${join(scratch, 'noise')} bs=1M count=2000 2>/dev/null; done`],
    { detached: true },
  );
  await sleep(3000);
  for (const networkMode of ['none', 'bridge']) {
    const times = [];
    for (let round = -1; round < rounds; round++) {
      const elapsed = await startAll(20, networkMode);
      if (round >= 0) times.push(elapsed);
    }
    times.sort((a, b) => a - b);
    const [low, middle, high] = [times[0], median(times), times.at(-1)].map((ms) => ms.toFixed(0));
    console.log(
      `20 starts at once beside dd, network ${networkMode}: ${low} / ${middle} / ${high} ms (min, median, max of ${rounds})`,
    );
  }
  process.kill(-writer.pid, 'SIGKILL');
  writer = undefined;

  await startAll(50, 'none', false);
  console.log(`50 idle containers, after ${idleSeconds} s:`);
  await sleep(idleSeconds * 1000);
  const status = await engine.api('GET', '/tcompose/status');
  report(status.pid);
} finally {
  if (writer) process.kill(-writer.pid, 'SIGKILL');
  await engine.stop();
  rmSync(scratch, { recursive: true, force: true });
}

/** Creates `count` sleeping containers, then starts them together; milliseconds from the first start to the last answer. */
async function startAll(count, networkMode, remove = true) {
  const create = () =>
    engine.api('POST', '/containers/create', {
      Image: 'bench',
      Cmd: ['/bin/sleep', '1000000'],
      HostConfig: { NetworkMode: networkMode },
    });
  const ids = await Promise.all(Array.from({ length: count }, async () => (await create()).Id));
  const start = performance.now();
  await Promise.all(ids.map((id) => engine.api('POST', `/containers/${id}/start`)));
  const elapsed = performance.now() - start;
  if (remove) await Promise.all(ids.map((id) => engine.api('DELETE', `/containers/${id}?force=1`)));
  return elapsed;
}

/** Sums /proc/<pid>/smaps_rollup fields in KiB. */
function memory(pid, ...fields) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return fields.reduce(
    (sum, field) => sum + Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0),
    0,
  );
}

function report(enginePid) {
  const parentOf = (pid) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  const keeper = parentOf(enginePid);
  const shims = readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && Number(pid) !== enginePid && parentOf(pid) === keeper;
    } catch {
      return false;
    }
  });
  const privates = shims.map((pid) => memory(pid, 'Private_Clean', 'Private_Dirty')).sort((a, b) => a - b);
  console.log(
    `  shims: ${shims.length}, private memory ${privates[0]} / ${median(privates)} / ${privates.at(-1)} KiB (min, median, max)`,
  );
  const [enginePss, keeperPss] = [enginePid, keeper].map((pid) => memory(pid, 'Pss') / 1024);
  console.log(
    `  PSS: engine ${enginePss.toFixed(1)} MiB + keeper ${keeperPss.toFixed(1)} MiB = ${(enginePss + keeperPss).toFixed(1)} MiB`,
  );
}
