// From a save to a process in a container reading it: ours, and Docker Compose's `watch` on a dockerd, in one run.
// Needs root, cc, and a built dist/.
//
//   node bench/watch.mjs [--saves N] [--compose-saves N]
//
// The peer is `docker-compose` (or `docker compose`) with the dockerd that DOCKER_HOST names; without one ours is measured alone.
// A static program in the container opens the file each millisecond. The clock is CLOCK_MONOTONIC on both sides: it starts when the
// writer's close() has returned, and stops when the program has read the new bytes.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const cli = resolve('dist/tcompose.cjs');
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const saves = option('saves', 1000);
const composeSaves = option('compose-saves', 50);
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
/** Longest wait for one save, milliseconds: a tool that loses one is not waited for. */
const patience = 30_000;

const program = `
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(void) {
  char before[64] = "", now[64], line[128];
  int log = open("/out/log", O_WRONLY | O_CREAT | O_APPEND, 0644);
  for (;;) {
    struct timespec ms = {0, 1000000}, at;
    nanosleep(&ms, NULL);
    int fd = open("/app/file", O_RDONLY);
    if (fd < 0) continue;
    ssize_t size = read(fd, now, sizeof now - 1);
    close(fd);
    if (size <= 0) continue;
    now[size] = 0;
    if (strcmp(now, before) == 0) continue;
    clock_gettime(CLOCK_MONOTONIC, &at);
    strcpy(before, now);
    int length = snprintf(line, sizeof line, "%s %lld\\n", now, at.tv_sec * 1000000000LL + at.tv_nsec);
    if (write(log, line, (size_t)length) != length) return 1;
  }
}
`;

const must = (command, args, options = {}) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}\n${stderr}`);
  return stdout;
};

function rootfs() {
  mkdirSync(join(scratch, 'rootfs/bin'), { recursive: true });
  mkdirSync(join(scratch, 'rootfs/app'));
  writeFileSync(join(scratch, 'poll.c'), program);
  must('cc', ['-static', '-Os', '-o', join(scratch, 'rootfs/bin/poll'), join(scratch, 'poll.c')]);
  must('tar', ['-C', join(scratch, 'rootfs'), '-cf', join(scratch, 'rootfs.tar'), '.']);
}

/** A project directory; `out` is where the program in the container tells what it has read. */
function project(name) {
  const dir = join(scratch, name);
  mkdirSync(join(dir, 'src'), { recursive: true });
  mkdirSync(join(dir, 'out'));
  writeFileSync(join(dir, 'out/log'), '');
  writeFileSync(join(dir, 'src/file'), 'begin');
  writeFileSync(
    join(dir, 'compose.yaml'),
    `name: bench-${name}
services:
  app:
    image: bench-poll
    command: [/bin/poll]
    network_mode: none
    stop_grace_period: 0s
    volumes: [./out:/out]
    develop: {watch: [{action: sync, path: ./src, target: /app}]}
`,
  );
  return dir;
}

/** Milliseconds of each save; lost ones are counted. */
async function measure(dir, count) {
  const times = [];
  let lost = 0;
  const read = (token) => {
    const line = readFileSync(join(dir, 'out/log'), 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`${token} `));
    return line === undefined ? undefined : BigInt(line.slice(token.length + 1));
  };
  for (let i = 0; i < count; i++) {
    const token = `save-${i}`;
    writeFileSync(join(dir, 'src/file'), token);
    const closed = process.hrtime.bigint();
    let seen;
    for (let waited = 0; seen === undefined && waited < patience; waited += 5) {
      await sleep(5);
      seen = read(token);
    }
    if (seen === undefined) lost++;
    else times.push(Number(seen - closed) / 1e6);
    if (i % 100 === 99) writeFileSync(join(dir, 'out/log'), '');
    await sleep(20 + (i % 7) * 10);
  }
  return { times: times.sort((a, b) => a - b), lost };
}

function show(name, { times, lost }) {
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const figures = [0.5, 0.95, 0.99]
    .map((share) => `p${share * 100} ${at(share)?.toFixed(1) ?? '-'} ms`)
    .join('  ');
  console.log(`  ${name.padEnd(34)} ${figures}  (${times.length} saves, ${lost} lost)`);
  return at(0.5);
}

async function until(text, output) {
  for (let tries = 0; tries < 600; tries++) {
    if (output().includes(text)) return;
    await sleep(100);
  }
  throw new Error(`no ${text} in ${output()}`);
}

async function watched(command, args, options, ready, count) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part));
  try {
    await until(ready, () => text);
    await sleep(500);
    return await measure(options.cwd, count);
  } finally {
    child.kill('SIGINT');
    await new Promise((done) => child.once('exit', done));
  }
}

async function ours() {
  const env = { ...process.env, TCOMPOSE_ROOT: join(scratch, 'root') };
  delete env.DOCKER_HOST;
  const cwd = project('ours');
  try {
    must(process.execPath, [cli, 'image', 'import', join(scratch, 'rootfs.tar'), 'bench-poll'], { env });
    return await watched(process.execPath, [cli, 'watch'], { cwd, env }, 'waiting for changes', saves);
  } finally {
    spawnSync(process.execPath, [cli, 'down', '-t', '0'], { cwd, env });
    spawnSync(process.execPath, [cli, 'engine', 'stop', '--force'], { env });
  }
}

async function compose() {
  if (process.env.DOCKER_HOST === undefined || spawnSync('docker-compose', ['version']).status !== 0)
    return undefined;
  const cwd = project('compose');
  try {
    must('docker', ['import', join(scratch, 'rootfs.tar'), 'bench-poll']);
    must('docker-compose', ['up', '-d'], { cwd });
    return await watched(
      'docker-compose',
      ['watch', '--no-up'],
      { cwd, env: process.env },
      'Watch enabled',
      composeSaves,
    );
  } finally {
    spawnSync('docker-compose', ['down', '-t', '0'], { cwd });
    spawnSync('docker', ['rmi', 'bench-poll']);
  }
}

try {
  rootfs();
  console.log('from the writer’s close() to the new bytes read in the container');
  const own = show('tcompose watch', await ours());
  const peer = await compose();
  if (peer === undefined) console.log('  Docker Compose is left out: no DOCKER_HOST, or no docker-compose');
  else console.log(`  ratio of the medians: ${(show('docker-compose watch', peer) / own).toFixed(0)}x`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
