// What 20 idle services take in memory (PSS): engine, keeper and shims beside dockerd, containerd and its shims. This bench is a
// Node too, and PSS divides the pages of Node's program among those that use them: a second figure has them all as the engine's.
//
//   node bench/memory.mjs          SERVICES, SETTLE (seconds) in the environment
//
// The dockerd is the one of DOCKER_HOST (a unix socket), else one that is started where `dockerd` is installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDockerd } from './lib/dockerd.mjs';
import { cli, startEngine } from './lib/engine.mjs';
import { processes, pss, rss, withDescendants } from './lib/processes.mjs';
import { makeRootfs, tarOf } from './lib/rootfs.mjs';

const services = Number(process.env.SERVICES ?? 20);
const settle = Number(process.env.SETTLE ?? 20);
// The engine would end by itself after the last `down`.
process.env.TCOMPOSE_IDLE_SECONDS = '0';
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
const given = process.env.DOCKER_HOST;
const dockerd =
  given === undefined ? await startDockerd(join(scratch, 'dockerd')) : { host: given, stop() {} };
const engine = startEngine();

try {
  const tar = tarOf(makeRootfs(join(scratch, 'rootfs')), join(scratch, 'rootfs.tar'));
  const lines = Array.from(
    { length: services },
    (_, at) => `  s${at}: {image: "bench-memory:latest", command: [/bin/sleep, "1000000"]}`,
  );
  writeFileSync(join(scratch, 'compose.yaml'), `name: memory\nservices:\n${lines.join('\n')}\n`);
  console.log(`node ${process.version}, Linux ${release()}; ${services} services, PSS after ${settle} s`);
  engine.tcompose('image', 'import', tar, 'bench-memory:latest');
  up(engine.env);
  const { pid } = await engine.api('GET', '/tcompose/status');
  const ours = { ...(await measured(() => ourProcesses(pid))), engineRss: rss(pid) };
  let theirs;
  if (dockerd !== undefined) {
    const env = { ...process.env, DOCKER_HOST: dockerd.host };
    run('docker', ['import', tar, 'bench-memory:latest'], env);
    up(env);
    theirs = await measured(() => dockerProcesses(dockerd.host.replace('unix://', '')));
    const version = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], {
      env,
      encoding: 'utf8',
    });
    console.log(`dockerd ${version.stdout.trim()}`);
    run(process.execPath, [cli, 'down'], env);
    run('docker', ['image', 'rm', 'bench-memory:latest'], env);
  } else console.log('no dockerd: its row is left out');
  row('engine + keeper + shims', ours);
  if (theirs === undefined) console.log('  no dockerd to compare with');
  else {
    row('dockerd + containerd + shims', theirs);
    console.log(`  ratio ${(theirs.total / ours.total).toFixed(1)}x (bar: 5x)`);
    const alone = ours.total - ours.parts.engine.mib + ours.engineRss;
    console.log(
      `  with all that the engine maps counted as its own: ${alone.toFixed(1)} MiB, ${(theirs.total / alone).toFixed(1)}x`,
    );
  }
  run(process.execPath, [cli, 'down'], engine.env);
} finally {
  await engine.stop();
  await dockerd?.stop();
  rmSync(scratch, { recursive: true, force: true });
}

function run(command, args, env) {
  const { status, stderr } = spawnSync(command, args, { cwd: scratch, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

function up(env) {
  run(process.execPath, [cli, 'up', '-d'], env);
}

async function measured(parts) {
  await sleep(settle * 1000);
  const found = Object.entries(parts()).map(([name, pids]) => [name, { count: pids.length, mib: pss(pids) }]);
  return { parts: Object.fromEntries(found), total: found.reduce((sum, [, { mib }]) => sum + mib, 0) };
}

function row(name, { parts, total }) {
  const words = Object.entries(parts).map(([part, { count, mib }]) => `${part} ${mib.toFixed(1)} (${count})`);
  console.log(`  ${name.padEnd(30)} ${total.toFixed(1).padStart(7)} MiB   ${words.join(', ')}`);
}

function ourProcesses(pid) {
  const all = processes();
  const keeper = all.get(pid).parent;
  const shims = [...all].filter(([one, { parent }]) => parent === keeper && one !== pid).map(([one]) => one);
  return { engine: [pid], keeper: [keeper], shims };
}

/** dockerd is whose command line names the socket; containerd is its child, and the shims' command lines name its socket. */
function dockerProcesses(socket) {
  const all = processes();
  const daemon = [...all].filter(
    ([, { command }]) => /(^|\/)dockerd /.test(command) && command.includes(socket.split('/run/').at(-1)),
  );
  const pids = daemon.map(([one]) => one);
  const tree = withDescendants(pids, all);
  const execRoot = /--exec-root[ =](\S+)/.exec(daemon[0]?.[1].command ?? '')?.[1] ?? '/var/run/docker';
  const shims = [...all]
    .filter(
      ([, { command }]) => command.includes('containerd-shim') && command.includes(`${execRoot}/containerd/`),
    )
    .map(([one]) => one);
  const containerd = tree.filter((one) => /(^|\/)containerd /.test(all.get(one).command));
  const proxies = tree.filter(
    (one) => !pids.includes(one) && !containerd.includes(one) && !shims.includes(one),
  );
  return { dockerd: pids, containerd, shims, others: proxies };
}
