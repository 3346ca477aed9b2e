// `up -d`, no-op `up -d` and `down` of 1 and 20 services, the same client against two engines in one run: ours and a
// dockerd. Prints medians in milliseconds and ratios; nothing here fails by being slow. Needs root, cc, and a built dist/.
//
//   node bench/up.mjs [--rounds N]
//
// The dockerd is the one DOCKER_HOST names, else one that is started for the run if `dockerd` is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const cli = resolve('dist/tcompose.cjs');
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 7;
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
const image = 'bench/sleep:latest';
const release = [];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(1)} ms`.padStart(11);

function timed(command, args, env) {
  const begin = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { env, encoding: 'utf8', cwd: scratch });
  const elapsed = Number(process.hrtime.bigint() - begin) / 1e6;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}\n${stderr}`);
  return elapsed;
}

/** An image with one static program that sleeps until SIGTERM. */
function makeRootfs() {
  const source = join(scratch, 'sleep.c');
  writeFileSync(
    source,
    '#include <signal.h>\n#include <unistd.h>\nstatic void end(int s) { (void)s; _exit(0); }\n' +
      'int main(void) { signal(SIGTERM, end); for (;;) pause(); }\n',
  );
  const bin = join(scratch, 'rootfs', 'bin');
  mkdirSync(bin, { recursive: true });
  timed('cc', ['-static', '-Os', '-o', join(bin, 'sleep'), source], process.env);
  timed('tar', ['-C', join(scratch, 'rootfs'), '-cf', join(scratch, 'rootfs.tar'), '.'], process.env);
}

const project = (count) => {
  const services = Array.from(
    { length: count },
    (_, at) => `  s${at + 1}: {image: "${image}", command: [/bin/sleep]}`,
  );
  const file = join(scratch, `services-${count}.yaml`);
  writeFileSync(file, `name: bench${count}\nservices:\n${services.join('\n')}\n`);
  return file;
};

function measure(env, command = [process.execPath, cli]) {
  const result = {};
  for (const count of [1, 20]) {
    const file = project(count);
    const run = (...args) => timed(command[0], [...command.slice(1), '-f', file, ...args], env);
    const times = { up: [], again: [], down: [] };
    for (let round = 0; round <= rounds; round++) {
      const up = run('up', '-d');
      const again = run('up', '-d');
      const down = run('down');
      // The first round warms caches.
      if (round > 0) for (const [name, value] of Object.entries({ up, again, down })) times[name].push(value);
    }
    for (const [name, values] of Object.entries(times)) result[`${name} ${count}`] = median(values);
  }
  return result;
}

async function startDockerd() {
  const dir = join(scratch, 'dockerd');
  const socket = join(dir, 'docker.sock');
  mkdirSync(dir);
  const daemon = spawn(
    'dockerd',
    [
      '--data-root',
      join(dir, 'root'),
      '--exec-root',
      join(dir, 'exec'),
      '-H',
      `unix://${socket}`,
      '--pidfile',
      join(dir, 'pid'),
    ],
    { stdio: 'ignore' },
  );
  let ended = false;
  daemon.once('exit', () => {
    ended = true;
  });
  release.push(async () => {
    daemon.kill('SIGTERM');
    for (let tries = 0; tries < 200 && !ended; tries++) await sleep(50);
    spawnSync('ip', ['link', 'delete', 'docker0']);
  });
  for (let tries = 0; tries < 300 && !ended; tries++) {
    if (existsSync(socket) && spawnSync('docker', ['-H', `unix://${socket}`, 'version']).status === 0)
      return `unix://${socket}`;
    await sleep(100);
  }
  return undefined;
}

async function main() {
  makeRootfs();
  const floor = median(Array.from({ length: 15 }, () => timed(process.execPath, ['-e', '0'], process.env)));

  const own = { ...process.env, TCOMPOSE_ROOT: join(scratch, 'engine') };
  delete own.DOCKER_HOST;
  // The second cold start has the CLI's code cache, as every start after the first on a machine.
  const cold = [];
  for (let start = 0; start < 3; start++) {
    cold.push(timed(process.execPath, [cli, 'ls'], own));
    timed(process.execPath, [cli, 'engine', 'stop'], own);
  }
  release.push(() => timed(process.execPath, [cli, 'engine', 'stop'], own));
  timed(process.execPath, [cli, 'image', 'import', join(scratch, 'rootfs.tar'), image], own);
  const ours = measure(own);

  let theirs;
  let host = process.env.DOCKER_HOST;
  if (host === undefined && spawnSync('dockerd', ['--version']).status === 0) host = await startDockerd();
  if (host === undefined) console.log('no dockerd: its columns are left out (Debian: docker.io)');
  else {
    const docker = { ...process.env, DOCKER_HOST: host };
    timed('docker', ['import', join(scratch, 'rootfs.tar'), image], docker);
    theirs = measure(docker);
    const engine = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], {
      env: docker,
      encoding: 'utf8',
    });
    console.log(`dockerd ${engine.stdout.trim()}`);
    const compose = spawnSync('docker', ['compose', 'version', '--short'], { env: docker, encoding: 'utf8' });
    if (compose.status === 0) {
      const other = measure(docker, ['docker', 'compose']);
      console.log(`docker compose ${compose.stdout.trim()} on that dockerd:`);
      for (const [name, value] of Object.entries(other)) console.log(`  ${name.padEnd(9)} ${ms(value)}`);
    } else console.log('no other compose client on this machine');
    release.push(() => spawnSync('docker', ['image', 'rm', image], { env: docker }));
  }

  console.log(
    `node -e 0  ${ms(floor)}   (${rounds} rounds, medians; ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]} load)`,
  );
  console.log(`engine cold start with \`tcompose ls\`  ${ms(median(cold))}`);
  console.log(
    `${'services'.padEnd(10)} ${'tcompose'.padStart(11)} ${'dockerd'.padStart(11)}   ratio   times node -e 0`,
  );
  for (const [name, value] of Object.entries(ours)) {
    const peer = theirs?.[name];
    console.log(
      `${name.replace('again', 'no-op').padEnd(10)} ${ms(value)} ${peer === undefined ? ''.padStart(11) : ms(peer)} ${
        peer === undefined ? '' : `${(peer / value).toFixed(1)}x`.padStart(7)
      }   ${(value / floor).toFixed(2)}`,
    );
  }
}

try {
  await main();
} finally {
  for (const step of release.reverse()) await step();
  rmSync(scratch, { recursive: true, force: true });
}
