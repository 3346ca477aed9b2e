// Pull, pull again, push to an empty registry, save and load of an image of ten layers, about 310 MB and 29,000 files: ours, Docker with its graph
// driver and with containerd's store, podman, and what curl and tar take for the same (the floor), in one run, round by round in turn. Each round
// has an image of its own. Nothing here fails by being slow. Needs root, curl, tar, gzip, docker-registry and a built dist/.
//
//   node bench/images.mjs [--rounds 3] [--source /usr] [--peers DIR] [--only tcompose,docker,containerd,podman] [--steps pull,again,push,save,load]
//                         [--layers 10] [--files 29200] [--megabytes 310] [--scratch DIR] [--disk 40]
//
// --source is where the images' files come from; --peers a root file system that has dockerd, podman and docker-registry, without it those of PATH
// are taken; --scratch where everything is written (default: the directory for temporary files; with --peers it has to be below /tmp), in a new ext4
// file system of so many gigabytes in a file there: an old one remembers what was deleted in it, and ext4 without a journal takes minutes to. 0: the
// directory as it is.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, release as osRelease, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDocker, startOwn, startPodman } from './lib/image-engines.mjs';
import { archiveOf, chooseFiles, makeImage } from './lib/layered-image.mjs';
import { median } from './lib/measure.mjs';
import { openPeerTree } from './lib/peer-tree.mjs';
import { deadChildrenTime, wholeCpuTime } from './lib/processes.mjs';
import { pullByCurl, pushByCurl, startRegistry } from './lib/registry.mjs';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const rounds = Number(process.env.ROUNDS ?? option('rounds', 3));
const steps = option('steps', 'pull,again,push,save,load').split(',');
const only = option('only', 'tcompose,docker,containerd,podman').split(',');

// In namespaces of its own: nothing of the engines gets into this machine's network or mounts.
if (process.env.TCOMPOSE_BENCH_INSIDE === undefined) {
  const { status } = spawnSync(
    'unshare',
    ['-n', '-m', '--propagation', 'private', process.execPath, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, TCOMPOSE_BENCH_INSIDE: '1' } },
  );
  process.exit(status ?? 1);
}
execFileSync('ip', ['link', 'set', 'lo', 'up']);

const release = [];
const scratch = makeScratch(Number(option('disk', 40)));
const load = () => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);

/** The directory that everything is written to, on a file system of its own. */
function makeScratch(gigabytes) {
  const directory = mkdtempSync(join(option('scratch', tmpdir()), 'tcompose-bench-images-'));
  release.push(() => rmSync(directory, { recursive: true, force: true }));
  if (gigabytes === 0) return directory;
  const [file, at] = [join(directory, 'disk'), join(directory, 'mnt')];
  execFileSync('truncate', ['-s', `${gigabytes}G`, file]);
  execFileSync('mkfs.ext4', [
    '-q',
    '-F',
    '-E',
    'lazy_itable_init=0,lazy_journal_init=0',
    '-i',
    '65536',
    file,
  ]);
  mkdirSync(at);
  execFileSync('mount', ['-o', 'loop', file, at]);
  release.push(() => execFileSync('umount', ['-l', at]));
  return at;
}

/** The most resident memory that a process had since it was last asked, MiB. */
function takePeak(pids) {
  let most = 0;
  for (const pid of pids) {
    try {
      most += Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // It has ended.
    }
  }
  return most;
}

const figures = new Map();

/** Wall and processor seconds, and memory, of what an engine's processes and its command do. */
function measure(step, contender, action) {
  execFileSync('sync', ['-f', scratch]);
  const pids = contender.pids();
  takePeak(pids);
  const used = () =>
    deadChildrenTime(process.pid) + contender.pids().reduce((sum, pid) => sum + wholeCpuTime(pid), 0);
  const before = used();
  const begin = process.hrtime.bigint();
  action();
  const wall = Number(process.hrtime.bigint() - begin) / 1e9;
  const key = `${step} ${contender.name}`;
  const list = figures.get(key) ?? figures.set(key, []).get(key);
  list.push({ wall, cpu: (used() - before) / 1000, peak: takePeak(contender.pids()), load: load() });
  return wall;
}

const curl = { name: 'floor', what: 'curl and tar', pids: () => [], close() {} };

async function startContenders(tree) {
  const found = [];
  const add = async (name, program, start) => {
    if (!only.includes(name)) return;
    if (program !== undefined && !tree.has(program))
      return console.log(`no ${program}: its rows are left out`);
    const contender = await start(join(scratch, name));
    found.push(contender);
    release.push(() => contender.close());
  };
  await add('tcompose', undefined, startOwn);
  await add('docker', 'dockerd', (at) => startDocker(tree, at, { containerd: false }));
  await add('containerd', 'dockerd', (at) => startDocker(tree, at, { containerd: true }));
  await add('podman', 'podman', (at) => startPodman(tree, at));
  return found;
}

async function oneRound(round, { tree, registry, contenders, images }) {
  const make = (kind, host) =>
    makeImage(join(scratch, `${kind}-${round}`), {
      ...images,
      mark: `${kind} ${round}`,
      name: `${host}/bench/${kind}:${round}`,
    });
  const image = await make('image', registry.host);
  pushByCurl(image, registry.host, 'bench/image', String(round));
  // Who begins moves on by one each round.
  const turn = contenders.map((_, at) => contenders[(at + round) % contenders.length]);
  measure('pull', curl, () =>
    pullByCurl(image, registry.host, 'bench/image', join(scratch, `floor-${round}`)),
  );
  for (const one of turn) measure('pull', one, () => one.pull(image.name));
  if (steps.includes('again'))
    for (const one of turn) {
      // The first word to a registry after a while opens a connection.
      one.pull(image.name);
      measure('again', one, () => one.pull(image.name));
    }
  if (steps.includes('save'))
    for (const one of turn) {
      const file = join(scratch, `saved-${one.name}.tar`);
      measure('save', one, () => one.save(image.name, file));
      if (statSync(file).size < image.layers.reduce((sum, { size }) => sum + size, 0) / 2)
        throw new Error(`${one.name} saved too little`);
      rmSync(file);
    }
  if (steps.includes('push'))
    for (const one of [curl, ...turn]) {
      const empty = await startRegistry(tree, join(scratch, `registry-${round}-${one.name}`));
      const name = `${empty.host}/bench/pushed:${round}`;
      if (one !== curl) one.tag(image.name, name);
      measure('push', one, () =>
        one === curl ? pushByCurl(image, empty.host, 'bench/pushed', String(round)) : one.push(name),
      );
      await empty.close();
    }
  if (steps.includes('load')) {
    const loaded = await make('loaded', 'bench.example');
    const file = archiveOf(loaded, join(scratch, `loaded-${round}.tar`));
    for (const one of turn) measure('load', one, () => one.load(file));
  }
}

function print(contenders) {
  console.log(
    `medians of ${rounds} rounds: wall s, processor s, peak MiB of the engine's processes; x: times the step's first row`,
  );
  for (const step of steps) {
    const rows = [curl, ...contenders].flatMap((one) => {
      const list = figures.get(`${step} ${one.name}`);
      return list === undefined ? [] : [{ name: one.name, list }];
    });
    const of = ({ list }, what) => median(list.map((one) => one[what]).sort((a, b) => a - b));
    for (const row of rows) {
      const walls = row.list.map(({ wall }) => wall.toFixed(2)).join(' ');
      const [wall, cpu] = [of(row, 'wall'), of(row, 'cpu')];
      console.log(
        [
          step.padEnd(6),
          row.name.padEnd(11),
          wall.toFixed(3).padStart(8),
          `${(wall / of(rows[0], 'wall')).toFixed(2)}x`.padStart(8),
          cpu.toFixed(2).padStart(8),
          `${(cpu / of(rows[0], 'cpu')).toFixed(2)}x`.padStart(8),
          of(row, 'peak').toFixed(0).padStart(6),
          `  (${walls}; load ${Math.max(...row.list.map((one) => one.load)).toFixed(1)})`,
        ].join(' '),
      );
    }
  }
  bars(contenders);
}

/** What is held to, and whether it is met. */
function bars(contenders) {
  const wall = (step, name) => {
    const list = figures.get(`${step} ${name}`);
    return list === undefined ? undefined : median(list.map((one) => one.wall).sort((a, b) => a - b));
  };
  const held = (what, step, to, most) => {
    const [own, other] = [wall(step, 'tcompose'), wall(step, to)];
    if (own === undefined || other === undefined) return;
    console.log(
      `${what}: ${(own / other).toFixed(2)} of at most ${most}: ${own / other <= most ? 'met' : 'MISSED'}`,
    );
  };
  held("pull, Docker's graph driver", 'pull', 'docker', 0.5);
  held("pull, containerd's store", 'pull', 'containerd', 1);
  held('pull, podman', 'pull', 'podman', 1);
  held('pull, floor', 'pull', 'floor', 1.3);
  held('push, curl', 'push', 'floor', 1.2);
  held("save, containerd's store", 'save', 'containerd', 1);
  const again = wall('again', 'tcompose');
  if (again !== undefined)
    console.log(
      `pull again: ${(again * 1000).toFixed(0)} of at most 60 ms: ${again < 0.06 ? 'met' : 'MISSED'}`,
    );
  if (!contenders.some(({ name }) => name === 'tcompose')) return;
  const peak = Math.max(
    ...[...figures].flatMap(([key, list]) => (key.endsWith(' tcompose') ? list.map((one) => one.peak) : [])),
  );
  console.log(`peak memory: ${peak.toFixed(0)} of at most 200 MiB: ${peak < 200 ? 'met' : 'MISSED'}`);
}

try {
  const tree = await openPeerTree(option('peers', undefined));
  release.push(() => tree.close());
  const source = option('source', '/usr');
  const files = chooseFiles(source, Number(option('files', 29_200)), Number(option('megabytes', 310)) * 1e6);
  const megabytes = files.reduce((sum, { size }) => sum + size, 0) / 1e6;
  const images = { source, files, layers: Number(option('layers', 10)) };
  console.log(
    `node ${process.version}, Linux ${osRelease()}, ${availableParallelism()} processors, load ${load()}`,
  );
  console.log(`${images.layers} layers, ${files.length} files, ${megabytes.toFixed(0)} MB`);
  const registry = await startRegistry(tree, join(scratch, 'registry'));
  release.push(() => registry.close());
  const contenders = await startContenders(tree);
  for (const { name, what } of contenders) console.log(`${name.padEnd(11)} ${what}`);
  for (let round = 0; round < rounds; round++) await oneRound(round, { tree, registry, contenders, images });
  print(contenders);
} finally {
  for (const step of release.reverse()) await step();
}
