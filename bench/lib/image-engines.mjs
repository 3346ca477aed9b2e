// The engines that images.mjs compares: each pulls, saves, loads and pushes by its command line.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli } from './engine.mjs';
import { endChild, readyOrThrow, versionOf } from './peer-tree.mjs';
import { withDescendants } from './processes.mjs';

const run = ([program, ...args], env = process.env) =>
  execFileSync(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });

/** What an engine is: its commands, the processes that work for them, and its end. */
function engine(name, what, command, options = {}) {
  const { pids = () => [], close = async () => {}, env, flags = {} } = options;
  const call = (verb, ...args) => run([...command, verb, ...(flags[verb] ?? []), ...args], env);
  return {
    name,
    what,
    pids,
    close,
    pull: (reference) => call('pull', reference),
    push: (reference) => call('push', reference),
    tag: (from, to) => call('tag', from, to),
    save: (reference, file) => call('save', '-o', file, reference),
    load: (file) => call('load', '-i', file),
  };
}

/** Ours, with an engine of its own below `directory` that stays for the run. */
export function startOwn(directory) {
  mkdirSync(directory, { recursive: true });
  const env = { ...process.env, TCOMPOSE_ROOT: directory, TCOMPOSE_IDLE_SECONDS: '0' };
  delete env.DOCKER_HOST;
  const tcompose = [cli];
  run([...tcompose, 'image', 'ls'], env);
  const version = execFileSync(process.execPath, [cli, 'version', '--short'], {
    env,
    encoding: 'utf8',
  }).trim();
  const keeper = Number(readFileSync(join(directory, 'run', 'keeper.pid'), 'utf8'));
  return engine('tcompose', `tcompose ${version}`, [...tcompose, 'image'], {
    env,
    pids: () => withDescendants([keeper]),
    close: async () => run([...tcompose, 'engine', 'stop'], env),
  });
}

/** A dockerd, with its graph driver or with containerd's store. */
export async function startDocker(tree, directory, { containerd }) {
  mkdirSync(directory, { recursive: true });
  const socket = join(directory, 'docker.sock');
  const config = join(directory, 'daemon.json');
  writeFileSync(config, JSON.stringify({ features: { 'containerd-snapshotter': containerd } }));
  const [program, ...args] = tree.words(
    'dockerd',
    ...[
      '--config-file',
      config,
      '--data-root',
      join(directory, 'root'),
      '--exec-root',
      join(directory, 'exec'),
    ],
    ...[
      '-p',
      join(directory, 'pid'),
      '-H',
      `unix://${socket}`,
      '--bridge',
      'none',
      '--iptables=false',
      '--ip6tables=false',
    ],
  );
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const docker = tree.words('docker', '-H', `unix://${socket}`);
  try {
    await readyOrThrow(child, 'dockerd', () => {
      try {
        run([...docker, 'version']);
        return true;
      } catch {
        return false;
      }
    });
  } catch (error) {
    await endChild(child);
    throw error;
  }
  const name = containerd ? 'containerd' : 'docker';
  const version = versionOf(tree, 'dockerd', '--version');
  const what = `Docker ${version}, ${containerd ? "containerd's store" : 'graph driver'}`;
  const close = () => endChild(child);
  return engine(name, what, docker, { pids: () => withDescendants([child.pid]), close });
}

/** podman with a store of its own; it has no daemon. */
export function startPodman(tree, directory) {
  mkdirSync(directory, { recursive: true });
  const command = tree.words(
    'podman',
    ...[
      '--root',
      join(directory, 'root'),
      '--runroot',
      join(directory, 'run'),
      '--storage-driver',
      'overlay',
    ],
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
  );
  const insecure = ['--tls-verify=false'];
  return engine('podman', `podman ${versionOf(tree, 'podman', '--version')}`, command, {
    flags: { pull: insecure, push: insecure },
    // Its overlay stays mounted on itself.
    close: async () => rmSync(join(directory, 'run'), { recursive: true, force: true }),
  });
}
