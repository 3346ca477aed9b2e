// The engine of a user without root beside root's, and beside Podman without root where that is installed: `up -d` and `down` of 20
// services, memory, and the throughput of a published port. Prints medians and ratios, and beside them the bars that are held to; nothing
// here fails by being slow. Needs root, useradd, setpriv, newuidmap, busybox, and a built dist/.
//
//   node bench/rootless.mjs [--rounds N] [--services N] [--peers DIR]
//
// --peers names a root file system that has podman; without it that of PATH is taken. Podman, a user's too, needs /dev/net/tun to be open to all. It is driven by its own command line (no client of Compose is needed): one `run -d` a service on one network, eight at a time, as a
// compose client does, and one `rm -f` of all.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPeerTree } from './lib/peer-tree.mjs';
import { makeRootfs, tarOf } from './lib/rootfs.mjs';
import { makeUser, processesOf } from './lib/user.mjs';

const cli = resolve('dist/tcompose.cjs');
const option = (name, otherwise) =>
  process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise;
const rounds = Number(option('rounds', 5));
const services = Number(option('services', 20));
const image = 'localhost/bench/box:latest';
const bytes = 2 * 1024 ** 3;
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
chmodSync(scratch, 0o755);
const user = makeUser();
/** What was begun, to be ended whatever comes of the run. */
const ends = [];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function timed(words, env) {
  const begin = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(words[0], words.slice(1), {
    env,
    encoding: 'utf8',
    cwd: scratch,
  });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${error?.message ?? stderr}`);
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

/** Resident memory of processes, MiB, shared pages by their share (Pss). */
function memory(pids) {
  const kib = pids.map((pid) => {
    try {
      return Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

/** Megabytes a second of `bytes` that the container sends to whoever connects. */
function throughput(port) {
  return new Promise((done, fail) => {
    let got = 0;
    let begin = 0n;
    const callback = (length) => {
      begin ||= process.hrtime.bigint();
      got += length;
      return true;
    };
    // Into one buffer: with a new one for every part the reader spends more on memory than the port on carrying it.
    const onread = { buffer: Buffer.alloc(64 * 1024), callback };
    const socket = connect({ port, host: '127.0.0.1', onread });
    socket.once('error', fail);
    socket.once('close', () => done(got / (Number(process.hrtime.bigint() - begin) / 1e9) / 1e6));
  });
}

const send = `dd if=/dev/zero bs=1M count=${bytes / 1024 ** 2} 2>/dev/null`;
const serve = ['busybox', 'nc', '-ll', '-p', '9000', '-e', 'sh', '-c', send];

/** Ours, run by `words` in `env`. */
function ours(name, words, env, port, pids) {
  const file = join(scratch, `${name}.yaml`);
  const list = Array.from(
    { length: services },
    (_, at) => `  s${at + 1}: {image: "${image}", command: [sleep, "10000"], stop_signal: SIGKILL}`,
  );
  writeFileSync(file, `services:\n${list.join('\n')}\n`);
  const sender = join(scratch, `${name}-sender.yaml`);
  writeFileSync(
    sender,
    `services:\n  sender: {image: "${image}", ports: ["${port}:9000"], stop_signal: SIGKILL, command: ${JSON.stringify(serve)}}\n`,
  );
  const run = (...more) => timed([...words, cli, ...more], env);
  ends.push(() => run('engine', 'stop', '-f'));
  run('image', 'import', join(scratch, 'rootfs.tar'), image);
  return {
    name,
    up: () => run('-p', 'bench', '-f', file, 'up', '-d'),
    down: () => run('-p', 'bench', '-f', file, 'down', '-t', '1'),
    beginSender: () => run('-p', 'sender', '-f', sender, 'up', '-d'),
    endSender: () => run('-p', 'sender', '-f', sender, 'down', '-t', '1'),
    memory: () => memory(pids()),
    port,
  };
}

async function podman(port) {
  const accounts = ['/etc/passwd', '/etc/group', '/etc/subuid', '/etc/subgid'];
  const tree = await openPeerTree(option('peers', undefined), accounts);
  ends.push(() => tree.close());
  const [program, ...before] = tree.words(...user.words);
  // Its networks are made by nft, unless it is told otherwise.
  const firewall = tree.has('nft') ? [] : ['env', 'NETAVARK_FW=iptables'];
  const asUser = (...words) => [program, ...before, ...firewall, ...words];
  const asked = (...words) =>
    spawnSync(program, [...before, ...firewall, ...words], { env: user.env, encoding: 'utf8', cwd: scratch });
  const version = asked('podman', '--version');
  if (version.status !== 0) {
    console.log('no podman: its column is left out');
    return undefined;
  }
  // By its own choice of runtime, else by runc, which also works where version 1 of control groups is mounted beside version 2.
  const works = (options) => {
    const { status, stderr } = asked(
      'podman',
      ...options,
      'run',
      '--rm',
      '--network',
      'bench',
      image,
      'true',
    );
    if (status !== 0) console.log(`podman ${options.join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
    return status === 0;
  };
  timed(asUser('podman', 'import', join(scratch, 'rootfs.tar'), image), user.env);
  timed(asUser('podman', 'network', 'create', 'bench'), user.env);
  const options = [[], ['--cgroup-manager=cgroupfs', '--runtime', 'runc']].find(works);
  if (options === undefined) {
    console.log('podman does not work here: its column is left out');
    return undefined;
  }
  const run = (...more) => timed(asUser('podman', ...options, ...more), user.env);
  ends.push(() => run('system', 'reset', '-f'));
  const one = (at) =>
    `podman ${options.join(' ')} run -d --stop-signal KILL --network bench --name bench${at} ${image} sleep 10000`;
  const all = Array.from({ length: services }, (_, at) => one(at + 1)).join('\n');
  return {
    name: version.stdout.trim(),
    up: () =>
      timed(
        asUser(
          'sh',
          '-c',
          `printf '%s\\n' '${all.replaceAll('\n', "' '")}' | xargs -P 8 -I{} sh -c '{} >/dev/null'`,
        ),
        user.env,
      ),
    down: () => run('rm', '-f', '-t', '1', ...Array.from({ length: services }, (_, at) => `bench${at + 1}`)),
    beginSender: () =>
      run(
        'run',
        '-d',
        '--stop-signal',
        'KILL',
        '--name',
        'sender',
        '--network',
        'bench',
        '-p',
        `${port}:9000`,
        image,
        ...serve,
      ),
    endSender: () => run('rm', '-f', '-t', '1', 'sender'),
    memory: () => memory(processesOf(user.uid)),
    port,
  };
}

async function measure(contender) {
  const { times } = contender;
  times.up.push(contender.up());
  await sleep(500);
  times.memory.push(contender.memory());
  times.down.push(contender.down());
  await sleep(1500);
  contender.beginSender();
  await sleep(500);
  times.port.push(await throughput(contender.port));
  contender.endSender();
  await sleep(1000);
}

const bars = {
  up: 'root 1.25x at most, podman 8x at least',
  down: 'podman 8x at least',
  port: 'podman 1x at least',
};

async function main() {
  mkdirSync(join(scratch, 'rootfs'));
  tarOf(makeRootfs(join(scratch, 'rootfs')), join(scratch, 'rootfs.tar'));
  const rootEnv = { ...process.env, TCOMPOSE_ROOT: join(scratch, 'engine'), TCOMPOSE_IDLE_SECONDS: '0' };
  delete rootEnv.DOCKER_HOST;
  const named = new RegExp(`${scratch}/engine|tcompose-(shim|init)`);
  const rootPids = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && named.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        return false;
      }
    });
  const contenders = [
    ours('root', [], rootEnv, 18091, rootPids),
    ours('user', user.words, { ...user.env, TCOMPOSE_IDLE_SECONDS: '0' }, 18092, () => processesOf(user.uid)),
  ];
  const peer = await podman(18093);
  if (peer !== undefined) contenders.push(peer);
  for (let round = 0; round <= rounds; round++)
    for (const contender of contenders) {
      // The first round warms caches and does not count.
      if (round <= 1) contender.times = { up: [], down: [], memory: [], port: [] };
      await measure(contender);
    }
  const [root, own, other] = contenders.map(({ times }) =>
    Object.fromEntries(Object.entries(times).map(([key, list]) => [key, median(list)])),
  );
  console.log(
    `${services} services, ${rounds} rounds, medians${peer === undefined ? '' : `; ${peer.name} as the same user`}`,
  );
  for (const [key, unit] of [
    ['up', 'ms'],
    ['down', 'ms'],
    ['memory', 'MiB'],
    ['port', 'MB/s'],
  ]) {
    const faster = (a, b) => (key === 'port' ? a / b : b / a);
    const beside =
      other === undefined
        ? ''
        : `  podman ${other[key].toFixed(0)} ${unit}, ours ${faster(own[key], other[key]).toFixed(1)}x`;
    const ratio = (key === 'port' ? root[key] / own[key] : own[key] / root[key]).toFixed(2);
    console.log(
      `${key.padEnd(7)} user ${own[key].toFixed(0)} ${unit}  root ${root[key].toFixed(0)} ${unit}, ${ratio}x${beside}${bars[key] ? `   (${bars[key]})` : ''}`,
    );
  }
}

try {
  await main();
} finally {
  for (const end of ends.reverse()) {
    try {
      end();
    } catch (error) {
      console.log(error.message);
    }
  }
  user.remove();
  rmSync(scratch, { recursive: true, force: true });
}
