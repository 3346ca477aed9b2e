import { existsSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import type { Facts } from '../../doctor/facts.ts';
import type { Topic } from '../../doctor/finding.ts';
import { type Ground, packageProgram } from '../../doctor/ground.ts';
import { type EnginePaths, engineProgram } from '../../engine/client/engine-paths.ts';
import { ownAccount } from '../../engine/client/rootless/account.ts';
import { breaksHalfClosed } from '../../engine/client/rootless/pasta-version.ts';
import { TcomposeError } from '../../errors.ts';
import type { Env } from '../context.ts';
import { installedUnit } from '../engine/service/service.ts';
import { otherEngines, ownPaths, readClock, readEngine } from './engine-state.ts';
import { readFirewalls } from './firewalls.ts';
import { readCgroups } from './groups.ts';
import { readSubIds } from './ids.ts';
import { names, output, program, setting, text, textIfThere } from './machine.ts';
import { readPlace } from './places.ts';
import { readProbe } from './probe.ts';
import { countDirectories, noNeeds, type ProjectNeeds, takenPorts } from './project-needs.ts';

/** What is known about the project: its needs, or why it could not be read. */
export interface ProjectReading {
  readonly needs: ProjectNeeds;
  readonly unread: string | undefined;
}

export const noProject: ProjectReading = { needs: noNeeds, unread: undefined };

/** What the readers of the topics share. */
interface Reading {
  readonly env: Env;
  readonly ground: Ground;
  readonly paths: EnginePaths | TcomposeError;
  readonly programs: { readonly shim: string; readonly engine: string } | undefined;
  readonly project: ProjectReading;
  readonly probe: () => ReturnType<typeof readProbe>;
}

type Readers = { readonly [T in Topic]: (reading: Reading) => Promise<Facts[T]> | Facts[T] };

/** Which user asks, on which system. */
export function readGround(): Ground {
  const uid = process.getuid?.() ?? 0;
  return { uid, user: ownAccount().username, packages: packageProgram(text('/etc/os-release')) };
}

/**
 * Collects the facts for some topics. Changes nothing, starts nothing that keeps running, and contacts no other
 * machine; every reader ends within a few seconds.
 */
export async function gather(
  wanted: readonly Topic[],
  env: Env,
  project: ProjectReading = noProject,
): Promise<Facts> {
  const ground = readGround();
  const programs = installed();
  let probe: ReturnType<typeof readProbe> | undefined;
  const reading: Reading = {
    env,
    ground,
    paths: ownPaths(env),
    programs,
    project,
    probe: () => {
      probe ??= readProbe(programs?.shim, ground.uid);
      return probe;
    },
  };
  const facts = await Promise.all(
    wanted.map(async (topic) => [topic, await readers[topic](reading)] as const),
  );
  return { ground, ...Object.fromEntries(facts) };
}

function installed(): Reading['programs'] {
  try {
    return engineProgram();
  } catch {
    return undefined;
  }
}

const readers: Readers = {
  kernel: () => ({ release: release(), arch: process.arch, node: process.versions.node }),
  namespaces: async ({ probe, programs }) => ({
    probe: await probe(),
    maxUser: text('/proc/sys/user/max_user_namespaces').trim(),
    debianClone: text('/proc/sys/kernel/unprivileged_userns_clone').trim(),
    appArmor: text('/proc/sys/kernel/apparmor_restrict_unprivileged_userns').trim(),
    binary: programs?.shim ?? 'tcompose-shim',
  }),
  'sub-ids': ({ ground, env }) => readSubIds({ name: ground.user, uid: ground.uid }, env.PATH),
  cgroups: ({ ground, env }) => readCgroups(ground.uid, env),
  storage: async ({ probe, paths, env }) => ({
    probe: await probe(),
    state:
      paths instanceof TcomposeError
        ? undefined
        : await readPlace('state', paths.lib, text('/proc/self/mountinfo')),
    elsewhere: await readPlace('elsewhere', '/var/tmp', text('/proc/self/mountinfo')),
    fuseOverlayfs: program('fuse-overlayfs', env.PATH),
  }),
  disk: async ({ paths }) => {
    const mountinfo = text('/proc/self/mountinfo');
    const own =
      paths instanceof TcomposeError ? [] : [['state', paths.lib] as const, ['run', paths.run] as const];
    const places = await Promise.all(
      [...own, ['temporary', tmpdir()] as const].map(([what, path]) => readPlace(what, path, mountinfo)),
    );
    return places.filter((place) => place !== undefined);
  },
  networks: async ({ probe }) => ({ probe: await probe() }),
  firewall: ({ ground, env }) => readFirewalls(ground.uid, env.PATH),
  ports: ({ project }) => ({
    start: setting('net/ipv4/ip_unprivileged_port_start') ?? 1024,
    published: project.needs.published,
    taken: takenPorts(project.needs.published),
    unread: project.unread,
  }),
  outside: async ({ probe, env }) => {
    const pasta = program('pasta', env.PATH);
    return {
      pasta,
      oldPasta: pasta !== undefined && breaksHalfClosed((await output(pasta, ['--version'])) ?? ''),
      slirp4netns: program('slirp4netns', env.PATH),
      tun: (await probe())?.tun,
    };
  },
  resolver: () => ({ text: textIfThere('/etc/resolv.conf'), listening: resolversHere() }),
  inotify: async ({ probe, project }) => ({
    watches: setting('fs/inotify/max_user_watches') ?? 0,
    instances: setting('fs/inotify/max_user_instances') ?? 0,
    probe: await probe(),
    needed: await countDirectories(project.needs.watched),
  }),
  limits: async ({ probe, ground, project }) => ({
    openFiles: Number(/^Max open files\s+\S+\s+(\d+)/m.exec(text('/proc/self/limits'))?.[1] ?? 0),
    keys: keyQuota(ground.uid),
    probe: await probe(),
    mapCount: setting('vm/max_map_count') ?? 0,
    namespaces: Object.fromEntries(
      ['mnt', 'net', 'pid', 'ipc', 'uts', 'cgroup'].flatMap((kind) => {
        const most = setting(`user/max_${kind}_namespaces`);
        return most === undefined ? [] : [[kind, most]];
      }),
    ),
    images: project.needs.images,
  }),
  clock: ({ paths, programs }) => readClock(paths, programs?.engine),
  platforms: ({ project }) => ({
    arch: { x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch,
    interpreters: names('/proc/sys/fs/binfmt_misc').filter((name) =>
      text(`/proc/sys/fs/binfmt_misc/${name}`).startsWith('enabled'),
    ),
    wanted: project.needs.platforms,
  }),
  session: ({ paths, env, ground }) => ({
    systemd: existsSync('/run/systemd/system'),
    lingers: existsSync(`/var/lib/systemd/linger/${ground.user}`),
    runtimeDirectory: env.XDG_RUNTIME_DIR ?? '',
    run: paths instanceof TcomposeError ? '' : paths.run,
    usual: existsSync(`/run/user/${ground.uid}`) ? `/run/user/${ground.uid}` : undefined,
    unit: installedUnit(env),
  }),
  engine: ({ paths, env }) => readEngine(paths, env),
  others: ({ paths, ground }) => otherEngines(paths instanceof TcomposeError ? '' : paths.socket, ground.uid),
};

/**
 * Addresses of this machine with a socket at port 53 (0035), from the text of /proc/net/udp: groups of 32 bits in host
 * order.
 */
function resolversHere(): readonly string[] {
  const four = [...text('/proc/net/udp').matchAll(/^\s*\d+: ([0-9A-F]{8}):0035 /gm)].map(([, hex = '']) =>
    [...Buffer.from(hex, 'hex')].reverse().join('.'),
  );
  const six = /^\s*\d+: ([0-9A-F]{32}):0035 /m.test(text('/proc/net/udp6')) ? ['::', '::1'] : [];
  return [...four, ...six];
}

/** How many keys a user may have, and has (proc_key_users(5)). */
function keyQuota(uid: number): { readonly most: number; readonly used: number } | undefined {
  const line = text('/proc/key-users')
    .split('\n')
    .find((one) => Number(one.split(':')[0]) === uid);
  const quota = / (\d+)\/(\d+) \d+\/\d+\s*$/.exec(line ?? '');
  return quota === null ? undefined : { used: Number(quota[1]), most: Number(quota[2]) };
}
