import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { getExtendedAttribute, listExtendedAttributes } from '../../src/sys/xattr.ts';
import { until } from './engine.ts';

/**
 * What runs a program of another project, or undefined: `in-tree` and `peer` run those of a tree of such programs (in namespaces that share
 * /tmp, and in this machine's file system), else it is the program of PATH.
 */
export function peerProgram(name: string): readonly string[] | undefined {
  return [['in-tree', name], ['peer', name], [name]].find(
    ([program = '', ...args]) => spawnSync(program, [...args, '--version'], { stdio: 'ignore' }).status === 0,
  );
}

/** Runs it to its end; throws with what it said when it fails. */
export function runPeer([program = '', ...first]: readonly string[], ...args: string[]): string {
  const done: SpawnSyncReturns<string> = spawnSync(program, [...first, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (done.status !== 0)
    throw new Error(
      `${[...first, ...args].join(' ')}: ${done.error?.message ?? `${done.stdout}${done.stderr}`}`,
    );
  return done.stdout;
}

/** The major version of the dockerd that is found, 0 for none. */
export function peerDockerVersion(): number {
  const program = peerProgram('dockerd');
  if (program === undefined) return 0;
  return Number(/version (\d+)/.exec(runPeer(program, '--version'))?.[1] ?? 0);
}

/** A dockerd with everything of it below `directory` and no network; `docker` runs its client. */
export async function startPeerDocker(
  directory: string,
  store: 'docker' | 'containerd' = 'docker',
): Promise<{
  socket: string;
  docker: (...args: string[]) => string;
  stop: () => Promise<void>;
}> {
  mkdirSync(directory);
  const [program = '', ...first] = peerProgram('dockerd') ?? [];
  const socket = `unix://${directory}/docker.sock`;
  const major = peerDockerVersion();
  const child: ChildProcess = spawn(
    program,
    [
      ...first,
      ...['--data-root', join(directory, 'root'), '--exec-root', join(directory, 'exec'), '-H', socket],
      ...['-p', join(directory, 'pid'), '--bridge', 'none', '--iptables=false', '--ip6tables=false'],
      // Older ones know neither the flag nor the other store.
      ...(major < 27 ? [] : ['--feature', `containerd-snapshotter=${store === 'containerd'}`]),
    ],
    { stdio: 'ignore' },
  );
  const client = peerProgram('docker') ?? [];
  const docker = (...args: string[]): string => runPeer(client, '-H', socket, ...args);
  await until(() => {
    if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}`);
    const [command = '', ...rest] = client;
    return spawnSync(command, [...rest, '-H', socket, 'version'], { stdio: 'ignore' }).status === 0;
  }, 'dockerd to answer');
  return {
    socket,
    docker,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** A line for everything below `root`: kind and mode, owner, size or device, time, link, extended attributes, content. Sorted. */
export function describeTree(root: string): string[] {
  const lines: string[] = [];
  const first = new Map<string, string>();
  const walk = (directory: string): void => {
    for (const name of readdirSync(join(root, directory)).sort()) {
      const path = join(directory, name);
      const at = join(root, path);
      const stat = lstatSync(at, { bigint: true });
      const key = `${stat.dev}:${stat.ino}`;
      const same = stat.isDirectory() ? undefined : first.get(key);
      first.set(key, path);
      lines.push(
        [
          path,
          stat.mode.toString(8),
          `${stat.uid}:${stat.gid}`,
          stat.isFile() ? stat.size : stat.rdev,
          stat.mtimeNs,
          stat.isSymbolicLink() ? `-> ${readlinkSync(at)}` : '',
          same === undefined ? '' : `= ${same}`,
          stat.isFile() || stat.isDirectory() ? attributesOf(at).join(' ') : '',
          stat.isFile() ? readFileSync(at).toString('base64').slice(0, 60) : '',
        ].join('|'),
      );
      if (stat.isDirectory()) walk(path);
    }
  };
  walk('');
  return lines;
}

function attributesOf(path: string): string[] {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    return listExtendedAttributes(fd)
      .filter((name) => !name.startsWith('trusted.overlay.') && !name.startsWith('user.umoci.'))
      .sort()
      .map((name) => `${name}=${Buffer.from(getExtendedAttribute(fd, name) ?? []).toString('hex')}`);
  } finally {
    closeSync(fd);
  }
}
