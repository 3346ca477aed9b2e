// How long after kill -9 of the engine the next one answers /_ping, with no container and with fifty running, beside the
// cold start of an engine in the same run. Asked again and again over the socket, as a client that waits does.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine } from './lib/engine.mjs';
import { interleave, table } from './lib/measure.mjs';
import { makeRootfs, tarOf } from './lib/rootfs.mjs';

const rounds = Number(process.env.ROUNDS ?? 9);
const containers = Number(process.env.CONTAINERS ?? 50);
const coldStart = 'cold start';
// An engine without containers would end by itself between two rounds.
process.env.TCOMPOSE_IDLE_SECONDS = '0';
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
const engines = [];
try {
  const empty = await engineWith(0);
  const full = await engineWith(containers);
  const times = await interleave(
    [
      { name: coldStart, run: cold },
      { name: 'kill -9, 0 containers', run: () => killed(empty) },
      { name: `kill -9, ${containers} containers`, run: () => killed(full) },
    ],
    rounds,
  );
  table('until the next engine answers /_ping', times, coldStart);
} finally {
  for (const engine of engines) await engine.stop();
  rmSync(scratch, { recursive: true, force: true });
}

/** An engine with `count` sleeping containers. */
async function engineWith(count) {
  const engine = startEngine();
  engines.push(engine);
  const archive = tarOf(makeRootfs(join(scratch, `rootfs-${count}`)), join(scratch, `rootfs-${count}.tar`));
  engine.tcompose('image', 'import', archive, 'bench');
  for (let index = 0; index < count; index++) {
    const { Id } = await engine.api('POST', '/containers/create', {
      Image: 'bench',
      Cmd: ['/bin/sleep', '1000000'],
      HostConfig: { NetworkMode: 'none' },
    });
    await engine.api('POST', `/containers/${Id}/start`);
  }
  return engine;
}

/** Milliseconds from the kill to the first answer of another process. */
async function killed(engine) {
  const { pid } = await engine.api('GET', '/tcompose/status');
  // The keeper starts an engine that served for a moment at once; one that died young only after a pause.
  await sleep(1500);
  const start = performance.now();
  process.kill(pid, 'SIGKILL');
  await answers(join(engine.root, 'run', 'engine.sock'));
  const elapsed = performance.now() - start;
  const after = await engine.api('GET', '/tcompose/status');
  if (after.pid === pid) throw new Error('the killed engine answered');
  return elapsed;
}

/** Milliseconds of a first command on a new root, until its engine answers. */
async function cold() {
  const start = performance.now();
  const engine = startEngine();
  const elapsed = performance.now() - start;
  await engine.stop();
  return elapsed;
}

/** Resolves with the first answer of /_ping, asking again 2 ms after each failure. */
async function answers(socketPath) {
  for (;;) {
    const answered = await new Promise((resolve) => {
      request({ socketPath, path: '/_ping', agent: false }, (response) => {
        response.resume().once('close', () => resolve(response.statusCode === 200));
      })
        .once('error', () => resolve(false))
        .end();
    });
    if (answered) return;
    await sleep(2);
  }
}
