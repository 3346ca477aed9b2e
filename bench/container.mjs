// One container: create, start `true`, wait, remove. Beside a bare clone3 launcher (the floor), and crun, runc, docker
// and podman where installed. Rows of other programs are whole processes; ours stand as engine calls and as whole
// processes.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDockerd } from './lib/dockerd.mjs';
import { cli, startEngine } from './lib/engine.mjs';
import { interleave, table } from './lib/measure.mjs';
import { makeRootfs, tarOf } from './lib/rootfs.mjs';

const rounds = Number(process.env.ROUNDS ?? 20);
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
const rootfs = makeRootfs(join(scratch, 'rootfs'));

const launcher = join(scratch, 'launcher');
execFileSync('cc', [
  '-O2',
  '-static',
  '-o',
  launcher,
  new URL('native/launcher.c', import.meta.url).pathname,
]);
for (const name of ['upper', 'work', 'merged']) mkdirSync(join(scratch, name));

const quiet = (command, args, options = {}) => {
  const result = spawnSync(command, args, { stdio: 'ignore', ...options });
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status ?? result.signal}`);
};

const contenders = [
  {
    name: 'clone3 launcher',
    run: () =>
      quiet(launcher, [
        rootfs,
        join(scratch, 'upper'),
        join(scratch, 'work'),
        join(scratch, 'merged'),
        '/bin/true',
      ]),
  },
];

for (const runtime of ['crun', 'runc']) {
  const version = spawnSync(runtime, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) {
    console.log(`${runtime}: not installed`);
    continue;
  }
  const bundle = ociBundle(runtime);
  // crun refuses hybrid cgroups: every peer gets a mount namespace in which the v2 tree is not mounted.
  const script = `umount /sys/fs/cgroup/unified 2>/dev/null; exec ${runtime} --root ${scratch}/${runtime}-state run --bundle ${bundle} bench`;
  const name = version.stdout.split('\n')[0].replace('version ', '');
  try {
    quiet('unshare', ['-m', 'sh', '-c', script]);
    contenders.push({ name: `${name} run`, run: () => quiet('unshare', ['-m', 'sh', '-c', script]) });
  } catch (error) {
    console.log(`${name}: does not run here (${error.message})`);
  }
}

/** What it takes to run a container with each, given its arguments; both keep what they make below `scratch`. */
const dockerd = process.env.DOCKER_HOST ? undefined : await startDockerd(join(scratch, 'dockerd'));
const dockerEnv = { ...process.env, ...(dockerd && { DOCKER_HOST: dockerd.host }) };
const podmanEnv = { ...process.env, CONTAINERS_STORAGE_CONF: join(scratch, 'storage.conf') };
writeFileSync(
  podmanEnv.CONTAINERS_STORAGE_CONF,
  `[storage]\ndriver = "overlay"\ngraphroot = "${scratch}/podman"\nrunroot = "${scratch}/podman-run"\n`,
);
// Its OCI runtime refuses hybrid cgroups, and it asks for limits that a container may not raise.
const podman = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec podman --cgroup-manager cgroupfs "$@"';
const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
const peers = [
  { name: 'docker', env: dockerEnv, command: ['docker'], options: [] },
  {
    name: 'podman',
    env: podmanEnv,
    command: ['unshare', '-m', 'sh', '-c', podman, 'podman'],
    options: limits,
  },
];

for (const { name, env, command, options } of peers) {
  const [program, ...words] = command;
  const version = spawnSync(name, ['version', '--format', '{{.Server.Version}}'], { env, encoding: 'utf8' });
  if (version.status !== 0) {
    console.log(`${name}: ${version.error ? 'not installed' : 'its engine does not answer'}`);
    continue;
  }
  const tar = tarOf(rootfs, join(scratch, `${name}.tar`));
  const run = (...args) => quiet(program, [...words, ...args], { env });
  const start = ['run', '--rm', '--network', 'none', ...options, 'tcompose-bench', '/bin/true'];
  try {
    run('import', tar, 'tcompose-bench');
    run(...start);
  } catch (error) {
    console.log(`${name}: does not run here (${error.message})`);
    continue;
  }
  contenders.push({
    name: `${name} ${version.stdout.trim()} run --rm --network none`,
    run: () => run(...start),
  });
}

const engine = startEngine();
try {
  engine.tcompose('image', 'import', tarOf(rootfs, join(scratch, 'rootfs.tar')), 'bench');
  const once = (networkMode) => async () => {
    const { Id } = await engine.api('POST', '/containers/create', {
      Image: 'bench',
      Cmd: ['/bin/true'],
      HostConfig: { NetworkMode: networkMode },
    });
    await engine.api('POST', `/containers/${Id}/start`);
    const { StatusCode } = await engine.api('POST', `/containers/${Id}/wait`);
    if (StatusCode !== 0) throw new Error(`true ended with ${StatusCode}`);
    await engine.api('DELETE', `/containers/${Id}`);
  };
  contenders.push(
    { name: 'tcompose, engine calls, no network', run: once('none') },
    { name: 'tcompose, engine calls, bridge', run: once('bridge') },
    {
      name: 'tcompose container run --rm --network none',
      run: () =>
        quiet(
          process.execPath,
          [cli, 'container', 'run', '--rm', '--network', 'none', 'bench', '/bin/true'],
          { env: engine.env },
        ),
    },
    { name: 'node -e 0', run: () => quiet(process.execPath, ['-e', '0']) },
  );
  table('create + start + wait + remove of `true`', await interleave(contenders, rounds), 'clone3 launcher');
} finally {
  await engine.stop();
  await dockerd?.stop();
  rmSync(scratch, { recursive: true, force: true });
}

/** The bundle `runc spec` describes, without a terminal, with an empty network namespace, as each runtime writes it. */
function ociBundle(runtime) {
  const bundle = join(scratch, `${runtime}-bundle`);
  mkdirSync(bundle);
  execFileSync(runtime, ['spec'], { cwd: bundle });
  const file = join(bundle, 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8'));
  spec.process.terminal = false;
  spec.process.args = ['/bin/true'];
  spec.root = { path: rootfs, readonly: true };
  writeFileSync(file, JSON.stringify(spec));
  return bundle;
}
