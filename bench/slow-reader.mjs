// What an attached `up` and `logs -f` take in memory, client and engine, while a container writes lines as fast as it can and
// nobody reads, then somebody reads slowly; and whether every line has come, or the loss was told. Prints, asserts nothing.
//
//   node bench/slow-reader.mjs          LINES (3,000,000), IDLE (10 s without a read), RATE (MiB/s after it) in the environment
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli, startEngine } from './lib/engine.mjs';
import { rss } from './lib/processes.mjs';
import { makeRootfs, tarOf } from './lib/rootfs.mjs';

const lines = Number(process.env.LINES ?? 3_000_000);
const idle = Number(process.env.IDLE ?? 10);
const rate = Number(process.env.RATE ?? 4) * 1024 * 1024;
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
process.env.TCOMPOSE_IDLE_SECONDS = '0';
const engine = startEngine();

try {
  engine.tcompose(
    'image',
    'import',
    tarOf(makeRootfs(join(scratch, 'rootfs')), join(scratch, 'rootfs.tar')),
    'bench',
  );
  writeFileSync(
    join(scratch, 'compose.yaml'),
    `name: slow\nservices:\n  lines: {image: bench, network_mode: none, command: [/bin/busybox, seq, "${lines}"]}\n`,
  );
  const { pid } = await engine.api('GET', '/tcompose/status');
  console.log(
    `node ${process.version}, Linux ${release()}; ${lines} lines; ${idle} s unread, then ${rate / 1048576} MiB/s`,
  );
  await follow('up', ['up'], pid);
  project('down');
  project('up', '-d');
  await follow('logs -f', ['logs', '-f'], pid);
  project('down');
} finally {
  await engine.stop();
  rmSync(scratch, { recursive: true, force: true });
}

function project(...args) {
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: scratch,
    env: engine.env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
}

async function follow(name, args, enginePid) {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: scratch,
    env: engine.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words += text;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const memory = watch({ client: child.pid, engine: enginePid });
  await sleep(idle * 1000);
  const unread = memory.take();
  const seen = await readSlowly(child.stdout);
  const status = await ended;
  const read = memory.take();
  memory.stop();
  console.log(`\n${name}: exit ${status}`);
  for (const who of ['client', 'engine'])
    console.log(
      `  ${who} MiB resident: after 1 s ${unread.early[who]}, unread ${unread.last[who]} (most ${unread.most[who]}), read slowly ${read.last[who]} (most ${read.most[who]})`,
    );
  const told = words.split('\n').filter((line) => /drop|lost|earlier/i.test(line));
  console.log(
    `  ${seen.count} of ${lines} lines, ${seen.gaps} gaps${seen.gaps > 0 || seen.count < lines ? `; told: ${told.join(' | ') || 'nothing'}` : ', complete and in order'}`,
  );
}

/** Samples resident memory four times a second. `take` gives what was seen since the last call, MiB. */
function watch(pids) {
  let since = { early: undefined, last: {}, most: {} };
  const began = performance.now();
  const timer = setInterval(() => {
    const now = Object.fromEntries(Object.entries(pids).map(([who, pid]) => [who, Math.round(rss(pid))]));
    if (now.client === 0) return;
    if (since.early === undefined && performance.now() - began >= 1000) since.early = now;
    since.last = now;
    for (const who of Object.keys(now)) since.most[who] = Math.max(since.most[who] ?? 0, now[who]);
  }, 250);
  return {
    take() {
      const taken = since;
      since = { early: {}, last: {}, most: {} };
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

/** Reads at the rate; counts the lines that end in the next number. */
async function readSlowly(stream) {
  const began = performance.now();
  let bytes = 0;
  let rest = '';
  let expected = 1;
  const seen = { count: 0, gaps: 0 };
  stream.setEncoding('utf8');
  for await (const text of stream) {
    bytes += text.length;
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    for (const line of parts) {
      const number = Number(/(\d+)$/.exec(line)?.[1]);
      if (!/\d$/.test(line) || /exited/.test(line)) continue;
      seen.count++;
      if (number !== expected) seen.gaps++;
      expected = number + 1;
    }
    const ahead = (bytes / rate) * 1000 - (performance.now() - began);
    if (ahead > 5) await sleep(ahead);
  }
  return seen;
}
