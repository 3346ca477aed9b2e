import { examine } from '../../../src/doctor/examine.ts';
import type { Facts, Probe } from '../../../src/doctor/facts.ts';
import { type Finding, topics } from '../../../src/doctor/finding.ts';
import type { Ground } from '../../../src/doctor/ground.ts';

export const root: Ground = { uid: 0, user: 'root', packages: 'apt-get' };
export const ann: Ground = { uid: 1000, user: 'ann', packages: 'apt-get' };

export const works: Probe = {
  ...{ inotify: 0, keyring: 0, fuse: 0, tun: 0, user: 0, map: 0, ipc: 0, uts: 0, cgroup: 0, net: 0 },
  ...{ bridge: 0, veth: 0, nft: 0, nat: 0, mnt: 0, overlay: 0, pid: 0, proc: 0 },
};

const place = {
  path: '/p/state',
  point: '/p',
  type: 'ext4',
  options: ['rw'],
  freeBytes: 5e10,
  freeInodes: 1e6,
  inodes: 2e6,
};
const program = { path: '/usr/bin/newuidmap', setuid: true, capabilities: undefined };

/** A machine on which nothing is wrong, for whoever asks. */
export const healthy = {
  kernel: { release: '6.1.0-9-amd64', arch: 'x64', node: '22.1.0' },
  namespaces: { probe: works, maxUser: '15000', debianClone: '1', appArmor: '', binary: '/opt/shim' },
  'sub-ids': {
    subuid: { own: 'ann:100000:65536', all: 'ann:100000:65536' },
    subgid: { own: 'ann:100000:65536', all: 'ann:100000:65536' },
    newuidmap: program,
    newgidmap: program,
    passwd: 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n',
    noNewPrivileges: false,
    uidMap: '         0          0 4294967295\n',
  },
  cgroups: {
    layout: {
      kind: 'v2',
      mountPoint: '/sys/fs/cgroup',
      base: '',
      controllers: ['cpu', 'cpuset', 'io', 'memory', 'pids'],
    },
    delegated: { path: '/user.slice/x', controllers: ['cpu', 'cpuset', 'io', 'memory', 'pids'] },
    systemd: true,
  },
  storage: {
    probe: works,
    state: { ...place, what: 'state' },
    elsewhere: { ...place, what: 'elsewhere' },
    fuseOverlayfs: undefined,
  },
  disk: [{ ...place, what: 'state' }],
  networks: { probe: works },
  firewall: {
    forward: '1',
    settable: true,
    bridgeCalls: '',
    chains: undefined,
    legacyForward: undefined,
    firewalld: false,
    ufw: false,
  },
  ports: { start: 1024, published: [], taken: [], unread: undefined },
  outside: { pasta: '/usr/bin/pasta', oldPasta: false, slirp4netns: undefined, tun: 0 },
  resolver: { text: 'nameserver 192.0.2.1\n', listening: [] },
  inotify: { watches: 100_000, instances: 128, probe: works, needed: undefined },
  limits: {
    openFiles: 1_048_576,
    keys: { most: 200, used: 3 },
    probe: works,
    mapCount: 65_530,
    namespaces: { net: 15_000 },
    images: [],
  },
  clock: { now: 1.8e12, installed: 1.7e12, newest: { path: '/p/boot', time: 1.75e12 } },
  platforms: { arch: 'amd64', interpreters: [], wanted: [] },
  session: {
    systemd: true,
    lingers: true,
    runtimeDirectory: '/run/user/1000',
    run: '/run/user/1000/tcompose',
    usual: '/run/user/1000',
    unit: undefined,
  },
  engine: {
    cli: '1.0.0',
    socket: '/run/s',
    dockerHost: undefined,
    state: 'stopped',
    damaged: [],
    lastWords: [],
    log: '/run/log',
    unusable: undefined,
  },
  others: [],
} as const satisfies Omit<Facts, 'ground'>;

type Invented = { readonly [T in keyof typeof healthy]?: Partial<NonNullable<Facts[T]>> };

/** What is not in order on that machine when some of its facts are others. */
export function wrong(ground: Ground, other: Invented): readonly Finding[] {
  return findings(ground, other).filter(({ level }) => level !== 'ok');
}

/** All findings of the topics whose facts are others; of every topic when none is. */
export function findings(ground: Ground, other: Invented): readonly Finding[] {
  const asked = Object.keys(other).length === 0 ? topics : (Object.keys(other) as (keyof typeof healthy)[]);
  const facts = asked.map((topic) => {
    const known = healthy[topic];
    return [topic, Array.isArray(known) ? (other[topic] ?? known) : { ...known, ...other[topic] }];
  });
  return examine({ ground, ...Object.fromEntries(facts) } as Facts);
}
