import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRoom, leftOver, makeBundleRoom } from '../../support/bundle.ts';
import { type ConfigChange, type OciRuntime, ociRuntime, whyNoRuntime } from '../../support/oci-cli.ts';

const reason = whyNoRuntime();
if (reason !== undefined) console.log(`skipped: ${reason}`);

/** Fields of /proc/self/mountinfo of what is mounted on `target`, the last one: options, then propagation. */
const mountOf = (target: string): string =>
  `grep '^[^ ]* [^ ]* [^ ]* [^ ]* ${target} ' /proc/self/mountinfo | tail -1 | sed 's/ - .*//; s/^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* //'`;

interface Point {
  readonly change: ConfigChange;
  /** Run by sh in the container. */
  readonly script: string;
  readonly out: string | RegExp;
  readonly flags?: readonly string[];
}

/** A control group that no other run of these tests has. */
const ownGroup = `tcompose-conformance-${process.pid}`;

const bindOf = (options: readonly string[]): ConfigChange => ({
  mounts: [{ destination: '/m', type: 'bind', source: '/usr/share', options: ['rbind', ...options] }],
});
const tmpfsOf = (options: readonly string[]): ConfigChange => ({
  mounts: [{ destination: '/m', type: 'tmpfs', source: 'tmpfs', options }],
});

/** A rule of the runtime-spec each, by its heading there. */
const points: Readonly<Record<string, Point>> = {
  'config.md, Root: readonly': {
    change: { root: { readonly: true } },
    script: 'touch /x 2>/dev/null || echo refused',
    out: 'refused\n',
  },
  'config.md, Process: user, groups and umask': {
    change: { process: { user: { uid: 5, gid: 6, additionalGids: [7, 8], umask: 0o27 } } },
    script: 'id -u; id -g; id -G; umask',
    out: '5\n6\n6 7 8\n0027\n',
  },
  'config.md, Process: cwd and env': {
    change: { process: { cwd: '/tmp', env: ['PATH=/usr/bin', 'A=b c'] } },
    script: 'pwd; echo $A',
    out: '/tmp\nb c\n',
  },
  'config.md, Process: rlimits': {
    change: {
      process: {
        rlimits: [
          { type: 'RLIMIT_NOFILE', soft: 77, hard: 88 },
          { type: 'RLIMIT_CORE', soft: 2 ** 64, hard: 2 ** 64 },
        ],
      },
    },
    script: 'ulimit -Sn; ulimit -Hn; ulimit -c',
    out: '77\n88\nunlimited\n',
  },
  'config.md, Process: oomScoreAdj': {
    change: { process: { oomScoreAdj: 123 } },
    script: 'cat /proc/self/oom_score_adj',
    out: '123\n',
  },
  'config.md, Process: noNewPrivileges and capabilities': {
    change: {
      process: {
        noNewPrivileges: true,
        capabilities: {
          bounding: ['CAP_KILL', 'CAP_CHOWN'],
          effective: ['CAP_KILL'],
          permitted: ['CAP_KILL'],
          inheritable: ['CAP_KILL'],
          ambient: ['CAP_KILL'],
        },
      },
    },
    script: "sed -n 's/^\\(Cap...\\|NoNewPrivs\\):\\s*0*//p' /proc/self/status | tr '\\n' ' '",
    out: '20 20 20 21 20 1 ',
  },
  'config.md, Process: ioPriority': {
    change: { process: { ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 6 } } },
    script: 'ionice -p $$',
    out: 'best-effort: prio 6\n',
  },
  'config.md, Process: scheduler': {
    change: { process: { scheduler: { policy: 'SCHED_BATCH', nice: 7 } } },
    script: 'chrt -p $$ | head -1 | sed "s/.*: //"; nice',
    out: 'SCHED_BATCH\n7\n',
  },
  'config.md, Hostname and Domainname': {
    change: { hostname: 'own-name', domainname: 'own.domain' },
    script: 'hostname; cat /proc/sys/kernel/domainname',
    out: 'own-name\nown.domain\n',
  },
  'config.md, Extensibility and Annotations: unknown ones are passed over': {
    change: { unknown: { a: [1] }, annotations: { 'org.unknown': '' } },
    script: 'echo ran',
    out: 'ran\n',
  },
  'config.md, Mounts: options of a bind': {
    change: bindOf(['ro', 'noatime', 'nodiratime', 'nosymfollow', 'nosuid', 'nodev', 'noexec']),
    script: mountOf('/m'),
    out: 'ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow\n',
  },
  'config.md, Mounts: a later option wins': {
    change: bindOf(['ro', 'noexec', 'noatime', 'rw', 'exec', 'strictatime']),
    script: mountOf('/m'),
    out: 'rw\n',
  },
  'config.md, Mounts: options of a file system, and its data': {
    change: tmpfsOf(['nosymfollow', 'noatime', 'mode=711', 'size=64k', 'ro']),
    script: `${mountOf('/m')}; stat -c %a /m`,
    out: 'ro,noatime,nosymfollow\n711\n',
  },
  'config.md, Mounts: propagation of a file system': {
    change: tmpfsOf(['rshared']),
    script: mountOf('/m'),
    out: /^rw,relatime shared:\d+\n$/,
  },
  'config.md, Mounts: unbindable': {
    change: bindOf(['unbindable']),
    script: mountOf('/m'),
    out: /^rw,[a-z_,]+ unbindable\n$/,
  },
  'config.md, Mounts: tmpcopyup': {
    change: {
      mounts: [{ destination: '/copied', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'size=1m'] }],
    },
    script:
      'cd copied; cat file; stat -c "%a %u" file; readlink link; cat sub/deep; stat -c %a sub; echo x > new',
    out: 'text\n640 1000\nnowhere\nbelow\n711\n',
  },
  'config-linux.md, Default Filesystems': {
    change: {},
    script: 'for d in /proc /sys /dev/pts /dev/shm; do stat -f -c %T $d; done',
    out: 'proc\nsysfs\ndevpts\ntmpfs\n',
  },
  'config-linux.md, Default Devices': {
    change: {},
    script:
      'cd /dev; stat -c "%n %t:%T %a" null zero full random urandom tty; for l in fd stdin stdout stderr ptmx; do readlink $l; done',
    out: [
      ...['null 1:3 666', 'zero 1:5 666', 'full 1:7 666', 'random 1:8 666', 'urandom 1:9 666', 'tty 5:0 666'],
      ...['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', 'pts/ptmx', ''],
    ].join('\n'),
  },
  'config-linux.md, Devices': {
    change: {
      linux: {
        devices: [
          { path: '/dev/own', type: 'c', major: 1, minor: 5, fileMode: 0o640, uid: 3, gid: 4 },
          { path: '/dev/pipe', type: 'p', fileMode: 0o600 },
        ],
      },
    },
    script: 'stat -c "%F %t:%T %a %u %g" /dev/own; stat -c "%F %a" /dev/pipe',
    out: 'character special file 1:5 640 3 4\nfifo 600\n',
  },
  'config-linux.md, Sysctl': {
    change: { linux: { sysctl: { 'net.ipv4.ip_forward': '1', 'kernel/msgmax': '9999' } } },
    script: 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax',
    out: '1\n9999\n',
  },
  'config-linux.md, Masked Paths and Readonly Paths': {
    change: {
      linux: {
        maskedPaths: ['/proc/version', '/usr/share', '/not/there'],
        readonlyPaths: ['/proc/sys', '/tmp'],
      },
    },
    script: 'wc -c < /proc/version; ls /usr/share | wc -l; touch /tmp/x 2>/dev/null || echo refused',
    out: '0\n0\nrefused\n',
  },
  'config-linux.md, Personality': {
    change: { linux: { personality: { domain: 'LINUX32' } } },
    script: 'uname -m',
    out: /^(i686|armv8l)\n$/,
  },
  'config-linux.md, Rootfs Mount Propagation: shared': {
    change: { linux: { rootfsPropagation: 'shared' } },
    script: mountOf('/'),
    out: / shared:\d+/,
  },
  'config-linux.md, Rootfs Mount Propagation: private': {
    change: { linux: { rootfsPropagation: 'private' } },
    script: mountOf('/'),
    out: /^[a-z_,=0-9]+\n$/,
  },
  'config-linux.md, Rootfs Mount Propagation: slave': {
    change: { linux: { rootfsPropagation: 'rslave' } },
    script: mountOf('/'),
    out: /^[a-z_,=0-9]+( master:\d+)?\n$/,
  },
  'config-linux.md, Rootfs Mount Propagation: unbindable': {
    change: { linux: { rootfsPropagation: 'unbindable' } },
    script: mountOf('/'),
    out: / unbindable\n$/,
  },
  'config-linux.md, Control groups: cgroupsPath and resources': {
    change: { linux: { cgroupsPath: `/${ownGroup}/a`, resources: { pids: { limit: 42 } } } },
    script: `grep -o "/${ownGroup}/a$" /proc/self/cgroup | sort -u`,
    out: `/${ownGroup}/a\n`,
  },
  'a root file system that is not pivoted': {
    change: {},
    script: 'echo /probe /proc/self/root/etc; test -e /proc/1/root/probe && echo there; ls -d /../probe',
    out: '/probe /proc/self/root/etc\nthere\n/../probe\n',
    flags: ['--no-pivot'],
  },
};

describe.skipIf(reason !== undefined)('the runtime-spec', () => {
  let room: BundleRoom;
  let oci: OciRuntime;
  let count = 0;
  beforeAll(() => {
    room = makeBundleRoom();
    oci = ociRuntime(room);
    const copied = join(room.dir, 'rootfs/copied');
    mkdirSync(join(copied, 'sub'), { recursive: true, mode: 0o755 });
    writeFileSync(join(copied, 'file'), 'text\n');
    writeFileSync(join(copied, 'sub/deep'), 'below\n');
    execFileSync('sh', ['-c', 'chmod 640 file; chmod 711 sub; chown 1000 file; ln -s nowhere link'], {
      cwd: copied,
    });
  });
  afterAll(() => {
    // A bundle's control group may have a parent that is not the runtime's to remove.
    execFileSync('find', [
      '/sys/fs/cgroup',
      '-depth',
      '-name',
      ownGroup,
      '-type',
      'd',
      '-exec',
      'rmdir',
      '{}',
      '+',
    ]);
    expect(leftOver(room)).toEqual([]);
    room.close();
  });

  const run = (script: string, change: ConfigChange, flags: readonly string[] = []) =>
    oci.call('run', ...flags, '--bundle', oci.bundle(['sh', '-c', script], change), `c${count++}`);

  it.each(Object.entries(points))('%s', (_rule, { change, script, out, flags }) => {
    const ran = run(script, change, flags);
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(ran.out).toEqual(typeof out === 'string' ? out : expect.stringMatching(out));
  });

  /** A process that has made namespaces, and its end. */
  async function others(flags: readonly string[]) {
    const child = spawn('unshare', [...flags, '--fork', 'sh', '-c', 'echo up; exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return { pid: child.pid!, end: () => process.kill(-child.pid!, 'SIGKILL') };
  }

  const without = (type: string) =>
    ['mount', 'pid', 'network', 'ipc', 'uts'].filter((one) => one !== type).map((one) => ({ type: one }));

  it.each([
    ['ipc', 'ipc', '--ipc', 'ipc'],
    ['network', 'net', '--net', 'net'],
    ['uts', 'uts', '--uts', 'uts'],
    ['pid', 'pid', '--pid', 'pid_for_children'],
    ['mount', 'mnt', '--mount', 'mnt'],
    ['cgroup', 'cgroup', '--cgroup', 'cgroup'],
    ['time', 'time', '--time', 'time_for_children'],
  ])(
    'joins the %s namespace that a path leads to, and no file of another kind',
    async (type, name, flag, link) => {
      const other = await others([flag]);
      try {
        const path = `/proc/${other.pid}/ns/${link}`;
        const namespaces = [...without(type), { type, path }] as never;
        const ran = run(`readlink /proc/self/ns/${name}`, {
          hostname: undefined,
          linux: { namespaces, sysctl: {} },
        });
        expect(ran).toEqual({ status: 0, out: `${readlinkSync(path)}\n`, err: '' });
        const wrong = [
          ...without(type),
          { type, path: `/proc/${other.pid}/ns/${type === 'user' ? 'uts' : 'user'}` },
        ];
        expect(run('true', { linux: { namespaces: wrong as never, sysctl: {} } }).status).not.toBe(0);
      } finally {
        other.end();
      }
    },
  );

  it.each([
    ['network', 'net'],
    ['ipc', 'ipc'],
    ['uts', 'uts'],
    ['pid', 'pid'],
  ])('leaves the container in the runtime’s %s namespace when none is named', (type, name) => {
    const namespaces = without(type) as never;
    const ran = run(`readlink /proc/self/ns/${name}`, {
      hostname: undefined,
      linux: { namespaces, sysctl: {} },
    });
    expect(ran).toMatchObject({ status: 0, out: `${readlinkSync(`/proc/self/ns/${name}`)}\n` });
  });

  it('makes a time namespace with its offsets, which a further process is in too', async () => {
    const namespaces = [...without(''), { type: 'time' }] as never;
    const timeOffsets = { boottime: { secs: 1_000_000 }, monotonic: { secs: 5, nanosecs: 7 } };
    const bundle = oci.bundle(['sh', '-c', 'cut -d. -f1 /proc/uptime; exec sleep 1000'], {
      linux: { namespaces, timeOffsets },
    });
    const output = join(room.dir, 'uptime');
    execFileSync(
      'sh',
      ['-c', '"$@" > "$0" 2>&1 < /dev/null', output, ...oci.words, 'run', '-d', '--bundle', bundle, 'late'],
      {
        env: { ...process.env, TCOMPOSE_ROOT: room.dir },
      },
    );
    const inside = oci.call(
      'exec',
      'late',
      'sh',
      '-c',
      'cut -d. -f1 /proc/uptime; cat /proc/1/timens_offsets',
    ).out;
    oci.call('delete', '--force', 'late');
    const [uptime, ...offsets] = inside.trim().split('\n');
    expect(Number(uptime)).toBeGreaterThan(1_000_000);
    expect(offsets.map((line) => line.split(/\s+/))).toEqual([
      ['monotonic', '5', '7'],
      ['boottime', '1000000', '0'],
    ]);
  });

  it('maps users and groups, in the container and in a mount', () => {
    const source = join(room.dir, 'owned');
    mkdirSync(source, { mode: 0o700 });
    for (const [name, owner] of [
      ['mapped', 1000],
      ['not', 5],
    ] as const) {
      writeFileSync(join(source, name), '');
      chownSync(join(source, name), owner, owner);
    }
    const map = (containerID: number, hostID: number) => [{ containerID, hostID, size: 1 }];
    const mount = {
      destination: '/owned',
      type: 'bind',
      source,
      options: ['bind'],
      uidMappings: [...map(1000, 2000), ...map(0, 0)],
      gidMappings: [...map(1000, 3000), ...map(0, 0)],
    };
    const listing = 'stat -c "%n %u %g" mapped not';
    expect(run(`cd /owned; ${listing}`, { mounts: [mount] }).out).toBe('mapped 2000 3000\nnot 65534 65534\n');

    const mappings = [{ containerID: 0, hostID: 200_000, size: 65_536 }];
    const linux = {
      namespaces: [...without(''), { type: 'user' }] as never,
      uidMappings: mappings,
      gidMappings: mappings,
      sysctl: {},
    };
    const idmapped = { destination: '/owned', type: 'bind', source, options: ['bind', 'idmap'] };
    const contained = run(`id -u; tr -s ' ' < /proc/self/uid_map; cd /owned; ${listing}`, {
      linux,
      mounts: [idmapped],
    });
    expect(contained).toMatchObject({
      status: 0,
      out: '0\n 0 200000 65536\nmapped 1000 1000\nnot 5 5\n',
    });
  });

  it('gives options to what is mounted below, when they are the recursive ones', async () => {
    const source = join(room.dir, 'tree');
    mkdirSync(join(source, 'below'), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'below')]);
    try {
      const options = ['rbind', 'rro', 'rnoexec', 'rnosymfollow', 'noatime'];
      const mounts = [{ destination: '/tree', type: 'bind', source, options }];
      const { out } = run(`${mountOf('/tree')}; ${mountOf('/tree/below')}`, { mounts });
      expect(out).toBe('ro,noexec,noatime,nosymfollow\nro,noexec,relatime,nosymfollow\n');
    } finally {
      execFileSync('umount', [join(source, 'below')]);
    }
  });

  it('runs a further process on the processors it asks for', async () => {
    const bundle = oci.bundle(['sleep', '1000']);
    execFileSync(
      'sh',
      [
        '-c',
        '"$@" > /dev/null 2>&1 < /dev/null',
        'sh',
        ...oci.words,
        'run',
        '-d',
        '--bundle',
        bundle,
        'cpus',
      ],
      {
        env: { ...process.env, TCOMPOSE_ROOT: room.dir },
      },
    );
    const document = {
      args: ['sh', '-c', 'grep Cpus_allowed_list /proc/self/status'],
      cwd: '/',
      env: ['PATH=/usr/bin'],
      execCPUAffinity: { initial: '0', final: '0' },
    };
    const file = join(room.dir, 'affinity.json');
    writeFileSync(file, JSON.stringify(document));
    expect(oci.call('exec', '--process', file, 'cpus').out).toBe('Cpus_allowed_list:\t0\n');
    writeFileSync(file, JSON.stringify({ ...document, execCPUAffinity: { final: '3-1' } }));
    expect(oci.call('exec', '--process', file, 'cpus').err).toMatch(/not a list of processors/);
    oci.call('delete', '--force', 'cpus');
  });
});
