// `up -d`, no-op `up -d`, `ps` and `down` of 1, 20 and 50 services: ours, our client on a dockerd, and Docker Compose on it, in
// one run. Prints medians in milliseconds, ratios, and beside them the bars that are held to; nothing here fails by being slow.
// Needs root, cc, and a built dist/.
//
//   node bench/up.mjs [--rounds N] [--counts 1,20,50]
//
// The dockerd is the one DOCKER_HOST names, else one that is started for the run if `dockerd` is installed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, release as osRelease, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDockerd } from './lib/dockerd.mjs';

const cli = resolve('dist/tcompose.cjs');
const option = (name) => process.argv[process.argv.indexOf(`--${name}`) + 1];
const rounds = Number(process.env.ROUNDS ?? option('rounds')) || 7;
const counts = (process.argv.includes('--counts') ? option('counts') : '1,20,50').split(',').map(Number);
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
const image = 'bench/sleep:latest';
const release = [];
const steps = ['up', 'no-op', 'ps', 'down'];

/** How many times longer Docker Compose shall take at least, and how many times `node -e 0` ours may take at most. */
const bars = {
  'up 1': { compose: 3 },
  'up 20': { compose: 8 },
  'up 50': { compose: 8 },
  'down 1': { compose: 3 },
  'down 20': { compose: 10 },
  'down 50': { compose: 14 },
  'no-op 1': { node: 1.5 },
  'no-op 20': { node: 1.7 },
  'ps 1': { node: 1.4 },
  'ps 20': { node: 1.4 },
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(1)} ms`.padStart(14);

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
  writeFileSync(file, `services:\n${services.join('\n')}\n`);
  return file;
};

/**
 * Medians by `<command> <services>` for each contender. Contenders take turns within a round, so that whatever else the
 * machine does meets all of them; the first round warms caches and does not count. `floor` is `node -e 0` in between, by the number of
 * services: a machine's load moves.
 * Engines go on cleaning up after the answer, and the kernel with links and namespaces: that must not meet the next
 * contender, so each turn is followed by a pause.
 */
async function measure(contenders) {
  const floor = {};
  const times = contenders.map(() => ({}));
  for (const count of counts) {
    const file = project(count);
    for (let round = 0; round <= rounds; round++) {
      for (const [index, { env, command }] of contenders.entries()) {
        const run = (...args) =>
          timed(command[0], [...command.slice(1), '-p', `bench${count}`, '-f', file, ...args], env);
        const taken = { node: timed(process.execPath, ['-e', '0'], env) };
        taken.up = run('up', '-d');
        taken['no-op'] = run('up', '-d');
        taken.ps = run('ps');
        taken.down = run('down');
        await sleep(1000);
        if (round === 0) continue;
        floor[count] ??= [];
        floor[count].push(taken.node);
        for (const name of steps) {
          times[index][`${name} ${count}`] ??= [];
          times[index][`${name} ${count}`].push(taken[name]);
        }
      }
    }
  }
  return { floor, times };
}

/** The dockerd to compare with and whatever other compose clients there are, on it. */
async function peers() {
  let host = process.env.DOCKER_HOST;
  if (host === undefined) {
    const started = await startDockerd(join(scratch, 'dockerd'));
    if (started !== undefined) release.push(started.stop);
    host = started?.host;
  }
  if (host === undefined) {
    console.log('no dockerd: its columns are left out (Debian: docker.io)');
    return [];
  }
  const env = { ...process.env, DOCKER_HOST: host };
  timed('docker', ['import', join(scratch, 'rootfs.tar'), image], env);
  release.push(() => spawnSync('docker', ['image', 'rm', image], { env }));
  const ask = (...args) => spawnSync('docker', args, { env, encoding: 'utf8' });
  const engine = ask('version', '--format', '{{.Server.Version}}').stdout.trim();
  const found = [
    {
      name: 'dockerd',
      what: `tcompose's client on dockerd ${engine}`,
      env,
      command: [cli],
    },
  ];
  for (const [command, words] of [
    ['docker', ['compose']],
    ['docker-compose', []],
  ]) {
    const version = spawnSync(command, [...words, 'version', '--short'], { env, encoding: 'utf8' });
    if (version.status !== 0) continue;
    const name = [command, ...words].join(' ');
    const what = `${name} ${version.stdout.trim()} on dockerd ${engine}`;
    found.push({ name, what, env, command: [command, ...words] });
  }
  if (found.length === 1) console.log('no other compose client on this machine');
  return found;
}

async function main() {
  makeRootfs();
  // The engine stays, as a dockerd does: it would end by itself while others have their turn. Cold starts are printed apart.
  const env = { ...process.env, TCOMPOSE_ROOT: join(scratch, 'engine'), TCOMPOSE_IDLE_SECONDS: '0' };
  delete env.DOCKER_HOST;
  const own = (...args) => timed(cli, args, env);
  // All but the first cold start have the CLI's code cache, as every start after the first on a machine.
  const cold = [];
  release.push(() => own('engine', 'stop'));
  for (let start = 0; start < 3; start++) {
    cold.push(own('ls'));
    own('engine', 'stop');
  }
  own('image', 'import', join(scratch, 'rootfs.tar'), image);
  const version = spawnSync(process.execPath, [cli, 'version', '--short'], { env, encoding: 'utf8' });
  const what = `tcompose ${version.stdout.trim()}, client and engine`;
  const contenders = [{ name: 'tcompose', what, env, command: [cli] }, ...(await peers())];
  const { floor, times } = await measure(contenders);

  const nodeOf = (name) => median(floor[name.split(' ')[1]]);
  const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
  console.log(
    `node ${process.version}, Linux ${osRelease()}, ${availableParallelism()} CPUs, load ${load()}` +
      (process.env.NODE_EXTRA_CA_CERTS ? '; NODE_EXTRA_CA_CERTS is set, which Node reads at its start' : ''),
  );
  for (const { name, what } of contenders) console.log(`${name.padEnd(14)} ${what}`);
  console.log(`medians of ${rounds} rounds, the contenders taking turns`);
  for (const count of counts) console.log(`node -e 0  ${ms(median(floor[count]))}   beside ${count}`);
  console.log(`cold start ${ms(median(cold))}   keeper, engine and \`tcompose ls\``);
  const heads = contenders.map(({ name }) => name.padStart(14));
  const ratios = contenders.slice(1).map(({ name }) => `${name}/tcompose`.padStart(23));
  console.log(['services'.padEnd(10), ...heads, ...ratios, ' tcompose/node'].join(' '));
  for (const [name, values] of Object.entries(times[0])) {
    const ours = median(values);
    const node = nodeOf(name);
    const theirs = times.slice(1).map((other) => median(other[name]));
    const compose = contenders.findLastIndex(
      (one) => one.name.includes('compose') && one.name !== 'tcompose',
    );
    const bar = barOf(name, compose < 1 ? undefined : median(times[compose][name]) / ours, ours / node);
    console.log(
      [
        name.padEnd(10),
        ...[ours, ...theirs].map(ms),
        ...theirs.map((value) => `${(value / ours).toFixed(1)}x`.padStart(23)),
        `${(ours / node).toFixed(2)}x`.padStart(14),
        bar,
      ].join(' '),
    );
  }
}

/** What is held to, and whether it is met. */
function barOf(name, composeRatio, nodeRatio) {
  const { compose, node } = bars[name] ?? {};
  if (node !== undefined) return `  bar ${node}x node: ${nodeRatio <= node ? 'met' : 'MISSED'}`;
  if (compose === undefined || composeRatio === undefined) return '';
  return `  bar ${compose}x Compose: ${composeRatio >= compose ? 'met' : 'MISSED'}`;
}

try {
  await main();
} finally {
  for (const step of release.reverse()) await step();
  rmSync(scratch, { recursive: true, force: true });
}
