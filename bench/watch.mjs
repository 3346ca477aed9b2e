// From a save to a process in a container reading it, and to a restarted one that answers with it: ours, and Docker Compose's `watch` on
// a dockerd, in one run. Needs root, cc, and a built dist/.
//
//   node bench/watch.mjs [--saves N] [--compose-saves N] [--restarts N] [--compose-restarts N]
//
// The peer is `docker-compose` with the dockerd that DOCKER_HOST names, else one that is started for the run if `dockerd` is installed;
// without one ours is measured alone. The clock is CLOCK_MONOTONIC on both sides: it starts when the writer's close() has returned.
// It stops when a static program in the container, which opens the file each millisecond, has read the new bytes (rule `sync`); or
// when a connection to the port of a program that reads the file at its start is answered with them (rule `sync+restart`).
// Beside the times: the processor time of the watcher, its helper and the engine, a save.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDockerd } from './lib/dockerd.mjs';

const cli = resolve('dist/tcompose.cjs');
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const saves = option('saves', 1000);
const composeSaves = option('compose-saves', 50);
const restarts = option('restarts', 50);
const composeRestarts = option('compose-restarts', 15);
const kinds = {
  save: {
    pause: 20,
    action: 'sync',
    command: 'poll',
    title: 'from the writer’s close() to the new bytes read in the container',
  },
  restart: {
    // A file that is saved again and again right after a restart is taken for the doing of the restarted process.
    pause: 2200,
    action: 'sync+restart',
    command: 'serve',
    title: 'from the writer’s close() to the restarted process answering with them',
  },
};
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

const server = `
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
static void tell(void) {
  char said[64], line[128];
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int log = open("/out/log", O_WRONLY | O_CREAT | O_APPEND, 0644), to = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(to, (struct sockaddr *)&at, sizeof at) < 0) _exit(1);
  ssize_t size = read(to, said, sizeof said - 1);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (size <= 0) _exit(1);
  said[size] = 0;
  int length = snprintf(line, sizeof line, "%s %lld\\n", said, now.tv_sec * 1000000000LL + now.tv_nsec);
  _exit(write(log, line, (size_t)length) != length);
}
int main(void) {
  char content[64];
  int fd = open("/app/file", O_RDONLY), on = 1;
  ssize_t size = fd < 0 ? 0 : read(fd, content, sizeof content);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 16) < 0) return 1;
  if (fork() == 0) tell();
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (write(client, content, (size_t)size) != size) return 1;
    close(client);
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
  for (const [name, source] of [
    ['poll', program],
    ['serve', server],
  ]) {
    writeFileSync(join(scratch, `${name}.c`), source);
    must('cc', ['-static', '-Os', '-o', join(scratch, 'rootfs/bin', name), join(scratch, `${name}.c`)]);
  }
  must('tar', ['-C', join(scratch, 'rootfs'), '-cf', join(scratch, 'rootfs.tar'), '.']);
}

/** A project directory; `out` is where the program in the container tells what it has read. */
function project(tool, { action, command }) {
  const name = `${tool}-${command}`;
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
    command: [/bin/${command}]
    stop_grace_period: 0s
    volumes: [./out:/out]
    develop: {watch: [{action: ${action}, path: ./src, target: /app}]}
`,
  );
  return dir;
}

/** Milliseconds of each save; lost ones are counted. */
async function measure(dir, count, pause) {
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
    await sleep(pause + (i % 7) * 10);
  }
  return { times: times.sort((a, b) => a - b), lost };
}

function show(name, { times, lost, processor }) {
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const figures = [0.5, 0.95, 0.99]
    .map((share) => `p${share * 100} ${at(share)?.toFixed(1) ?? '-'} ms`)
    .join('  ');
  const cost = processor === undefined ? '' : `  processor ${processor.toFixed(1)} ms a save`;
  console.log(`  ${name.padEnd(22)} ${figures}  (${times.length} saves, ${lost} lost)${cost}`);
  return at(0.5);
}

async function until(text, output) {
  for (let tries = 0; tries < 600; tries++) {
    if (output().includes(text)) return;
    await sleep(100);
  }
  throw new Error(`no ${text} in ${output()}`);
}

/** Clock ticks of the processor that a process and the children it has waited for have used. */
const ticksOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
};
const childrenOf = (pid) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

async function watched(command, args, { pause, ...options }, ready, count, engine) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part));
  try {
    await until(ready, () => text);
    await sleep(500);
    const pids = engine === undefined ? [] : [child.pid, ...childrenOf(child.pid), engine()];
    const ticks = () => pids.reduce((sum, pid) => sum + ticksOf(pid), 0);
    const before = ticks();
    const measured = await measure(options.cwd, count, pause);
    return { ...measured, processor: pids.length === 0 ? undefined : ((ticks() - before) * 10) / count };
  } finally {
    child.kill('SIGINT');
    await new Promise((done) => child.once('exit', done));
  }
}

const ownEnv = { ...process.env, TCOMPOSE_ROOT: join(scratch, 'root') };
delete ownEnv.DOCKER_HOST;
const enginePid = () =>
  Number(/pid +(\d+)/i.exec(must(process.execPath, [cli, 'engine', 'status'], { env: ownEnv }))?.[1]);

async function ours(kind, count) {
  const env = ownEnv;
  const cwd = project('ours', kind);
  try {
    return await watched(
      process.execPath,
      [cli, 'watch'],
      { cwd, env, pause: kind.pause },
      'waiting for changes',
      count,
      enginePid,
    );
  } finally {
    spawnSync(process.execPath, [cli, 'down', '-t', '0'], { cwd, env });
  }
}

async function compose(kind, count, host) {
  const env = { ...process.env, DOCKER_HOST: host };
  const cwd = project('compose', kind);
  try {
    must('docker-compose', ['up', '-d'], { cwd, env });
    return await watched(
      'docker-compose',
      ['watch', '--no-up'],
      { cwd, env, pause: kind.pause },
      'Watch enabled',
      count,
    );
  } finally {
    spawnSync('docker-compose', ['down', '-t', '0'], { cwd, env });
  }
}

async function dockerd() {
  if (spawnSync('docker-compose', ['version']).status !== 0) return undefined;
  const given = process.env.DOCKER_HOST;
  return given === undefined ? startDockerd(join(scratch, 'dockerd')) : { host: given, stop: () => {} };
}

async function compare(kind, count, peer, peerCount) {
  console.log(kind.title);
  const own = show('tcompose watch', await ours(kind, count));
  if (peer === undefined) return;
  const other = show('docker-compose watch', await compose(kind, peerCount, peer.host));
  console.log(`  ratio of the medians: ${(other / own).toFixed(0)}x`);
}

let peer;
try {
  rootfs();
  must(process.execPath, [cli, 'image', 'import', join(scratch, 'rootfs.tar'), 'bench-poll'], {
    env: ownEnv,
  });
  peer = await dockerd();
  if (peer === undefined)
    console.log('Docker Compose is left out: no DOCKER_HOST or dockerd, or no docker-compose');
  else must('docker', ['-H', peer.host, 'import', join(scratch, 'rootfs.tar'), 'bench-poll']);
  await compare(kinds.save, saves, peer, composeSaves);
  await compare(kinds.restart, restarts, peer, composeRestarts);
} finally {
  spawnSync(process.execPath, [cli, 'engine', 'stop', '--force'], { env: ownEnv });
  if (peer !== undefined) spawnSync('docker', ['-H', peer.host, 'rmi', 'bench-poll']);
  await peer?.stop();
  rmSync(scratch, { recursive: true, force: true });
}
