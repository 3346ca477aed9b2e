// Builds by whole commands, ours beside `docker build` with BuildKit (and `docker compose build` for several services) on a dockerd, and
// buildah where there is one: all from the cache, five steps cold, one changed file of 20,000, ten services on one base; and the memory of
// the engines afterwards. Prints medians and ratios beside the bars that are held to; nothing here fails by being slow.
// Needs root, a static busybox and a built dist/.
//
//   node bench/build.mjs [--rounds N] [--files 20000] [--only cached,cold,changed,services] [--peers DIR]
//
// The dockerd is the one DOCKER_HOST names, else one that is started for the run if `dockerd` is installed. With --peers, buildah is that of
// a root file system. Node reads the file of NODE_EXTRA_CA_CERTS at each start: a run without the variable says more of `node -e 0`.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { release as osRelease, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDockerd } from './lib/dockerd.mjs';
import { cli, startEngine } from './lib/engine.mjs';
import { median } from './lib/measure.mjs';
import { openPeerTree, versionOf } from './lib/peer-tree.mjs';
import { processes, pss, withDescendants } from './lib/processes.mjs';

const option = (name) =>
  process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : undefined;
const rounds = Number(process.env.ROUNDS ?? option('rounds')) || 5;
const fileCount = Number(option('files')) || 20_000;
const only = option('only')?.split(',');
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
/** How many times longer BuildKit shall take at least. */
const bars = { cached: 2, cold: 3, changed: 2, services: 3 };

function timed(command, args, env, cwd) {
  const begin = performance.now();
  const { status, stderr } = spawnSync(command, args, { env, cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  const elapsed = performance.now() - begin;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}\n${stderr}`);
  return elapsed;
}

/** busybox with its names, as a tar to import. */
function makeBase() {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => spawnSync(path, ['true']).status === 0);
  if (busybox === undefined) throw new Error('this bench needs a static busybox (Debian: busybox-static)');
  const root = join(scratch, 'rootfs');
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const name of spawnSync(busybox, ['--list'], { encoding: 'utf8' }).stdout.split('\n'))
    if (name !== '' && name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
  timed('tar', ['--owner=0', '--group=0', '-cf', join(scratch, 'base.tar'), '-C', root, '.'], process.env);
}

/** A directory with a Dockerfile and a compose file of one service that is built from it. */
function context(name, dockerfile, files = {}) {
  const top = join(scratch, name);
  mkdirSync(top, { recursive: true });
  writeFileSync(join(top, 'Dockerfile'), dockerfile);
  writeFileSync(join(top, 'compose.yaml'), `name: bench${name}\nservices: {app: {build: .}}\n`);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), content);
  }
  return top;
}

const cold = (salt) => `FROM bench/base
RUN echo ${salt} > /salt
WORKDIR /app
COPY . .
RUN cat file > copy && mkdir -p out
RUN for i in 1 2 3 4 5 6 7 8 9; do echo $i > out/$i; done
CMD ["cat", "copy"]
`;

/** What is built, and what is changed before each round. */
const scenes = {
  cached: { make: () => context('cached', cold('cached'), { file: 'content\n' }), before: () => {} },
  cold: {
    make: () => context('cold', cold(0), { file: 'content\n' }),
    before: (top, salt) => writeFileSync(join(top, 'Dockerfile'), cold(salt)),
  },
  changed: {
    make() {
      const files = {};
      for (let at = 0; at < fileCount; at++)
        files[`src/d${Math.floor(at / 100)}/f${at}.js`] = `export const value = ${at};\n`.repeat(
          1 + (at % 40),
        );
      return context('changed', 'FROM bench/base\nWORKDIR /app\nCOPY . .\nCMD ["true"]\n', files);
    },
    before: (top, salt) => writeFileSync(join(top, 'src/d0/f0.js'), `export const value = "${salt}";\n`),
  },
  services: {
    make() {
      const top = context('services', 'FROM bench/base\nCOPY base /base\nRUN cp /base /prepared\n', {
        base: 'base\n',
      });
      const names = Array.from({ length: 10 }, (_, at) => `s${at}`);
      for (const name of names)
        context(`services/${name}`, 'FROM base\nCOPY file /file\nRUN cat /prepared /file > /out\n', {
          file: `${name}\n`,
        });
      const one = (name) =>
        `  ${name}: {build: {context: ./${name}, additional_contexts: {base: "service:base"}}}\n`;
      writeFileSync(
        join(top, 'compose.yaml'),
        `name: benchservices\nservices:\n  base: {build: .}\n${names.map(one).join('')}`,
      );
      return top;
    },
    before: (top, salt) => writeFileSync(join(top, 'base'), `${salt}\n`),
  },
};

async function dockerContender(release) {
  let host = process.env.DOCKER_HOST;
  if (host === undefined) {
    const started = await startDockerd(join(scratch, 'dockerd'));
    if (started === undefined) return undefined;
    release.push(started.stop);
    host = started.host;
  }
  const env = { ...process.env, DOCKER_HOST: host };
  timed('docker', ['import', join(scratch, 'base.tar'), 'bench/base:latest'], env);
  const { stdout } = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], {
    env,
    encoding: 'utf8',
  });
  return {
    name: `docker ${stdout.trim()}`,
    run: (scene, top) =>
      scene === 'services'
        ? timed(...compose(['build', '--quiet']), env, top)
        : timed('docker', ['build', '-q', '-t', `bench-${scene}`, '.'], env, top),
    pids: () => ['dockerd', 'containerd'].flatMap((name) => daemonsOf(name, host)),
  };
}

/** Docker Compose, as a plugin or by itself. */
function compose(args) {
  const plugin = spawnSync('docker', ['compose', 'version']).status === 0;
  return plugin ? ['docker', ['compose', ...args]] : ['docker-compose', args];
}

/** Pids of a daemon of this machine, that of the socket where its command line says so. */
function daemonsOf(name, host) {
  const all = [...processes()].filter(([, { command }]) => command.split(' ')[0].endsWith(name));
  const own = all.filter(([, { command }]) =>
    command.includes(host.replace('unix://', '').split('/run/').at(-1)),
  );
  return (own.length > 0 ? own : all).map(([pid]) => pid);
}

/** With chroot in place of containers, which is its fastest; limits as they are, which it would else raise. */
async function buildahContender(release) {
  const tree = await openPeerTree(option('peers'));
  release.push(() => tree.close());
  if (!tree.has('buildah')) return undefined;
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };
  // It would look for credentials where Docker's client keeps them.
  delete env.DOCKER_CONFIG;
  const store = ['--root', join(scratch, 'buildah'), '--runroot', join(scratch, 'buildah-run')];
  const buildah = (...args) => {
    const [program, ...words] = tree.words('buildah', ...store, ...args);
    return timed(program, words, env);
  };
  buildah('from', '--name', 'base', 'scratch');
  buildah('add', 'base', join(scratch, 'base.tar'), '/');
  buildah('commit', 'base', 'localhost/bench/base');
  const limits = ['nofile', 'nproc'].map((name) => {
    const { stdout } = spawnSync('sh', ['-c', `ulimit -H${name === 'nofile' ? 'n' : 'p'}`], {
      encoding: 'utf8',
    });
    return `--ulimit=${name}=${stdout.trim()}:${stdout.trim()}`;
  });
  return {
    name: `buildah ${versionOf(tree, 'buildah', '--version')}`,
    run: (scene, top) =>
      scene === 'services'
        ? undefined
        : buildah('build', '--layers', '-q', ...limits, '-t', `bench-${scene}`, top),
    pids: () => [],
  };
}

async function main() {
  const release = [];
  makeBase();
  try {
    // The engine stays, as a dockerd does.
    process.env.TCOMPOSE_IDLE_SECONDS = '0';
    const engine = startEngine();
    release.push(() => engine.stop());
    const { env } = engine;
    timed(process.execPath, [cli, 'image', 'import', join(scratch, 'base.tar'), 'bench/base:latest'], env);
    const keeper = () => Number(readFileSync(join(engine.root, 'run', 'keeper.pid'), 'utf8'));
    const ours = {
      name: 'tcompose',
      run: (_scene, top) => timed(cli, ['build', '--quiet'], env, top),
      pids: () => withDescendants([keeper()]),
    };
    const others = [await dockerContender(release), await buildahContender(release)].filter(Boolean);
    if (others.length === 0) console.log('no dockerd and no buildah: nothing to compare with');
    const contenders = [ours, ...others];
    console.log(
      `node ${process.version}, Linux ${osRelease()}, ${rounds} rounds, the contenders taking turns`,
    );
    for (const [scene, { make, before }] of Object.entries(scenes)) {
      if (only !== undefined && !only.includes(scene)) continue;
      await measure(scene, make(), before, contenders);
    }
    for (const { name, pids } of contenders)
      if (pids().length > 0)
        console.log(`memory  ${name.padEnd(16)} ${pss(pids()).toFixed(1)} MiB (PSS of its engine)`);
  } finally {
    for (const end of release.reverse()) await end();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measure(scene, top, before, contenders) {
  const times = contenders.map(() => []);
  const node = [];
  for (let round = 0; round <= rounds; round++) {
    before(top, `${scene}-${round}-${process.pid}`);
    // What was changed within the last two seconds is read again by whoever is careful.
    if (scene === 'cached') await sleep(round === 0 ? 2500 : 100);
    for (const [at, contender] of contenders.entries()) {
      const taken = contender.run(scene, top);
      await sleep(300);
      if (round > 0 && taken !== undefined) times[at].push(taken);
    }
    if (round > 0) node.push(timed(process.execPath, ['-e', '0'], process.env));
  }
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
  const mid = (list) => median([...list].sort((a, b) => a - b));
  const own = mid(times[0]);
  const parts = contenders.map(({ name }, at) =>
    times[at].length === 0
      ? ''
      : `${name} ${mid(times[at]).toFixed(0)} ms${at === 0 ? '' : ` (${(mid(times[at]) / own).toFixed(1)}x)`}`,
  );
  console.log(
    `${scene.padEnd(9)} ${parts.filter((part) => part !== '').join('   ')}   node -e 0 ${mid(node).toFixed(0)} ms   bar ${bars[scene]}x   load ${load}`,
  );
}

await main();
