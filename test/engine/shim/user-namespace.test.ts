import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LaunchPlan, NetworkOp, SetupOp } from '../../../src/runtime/launch/launch-plan.ts';
import { encodeNetworkOps } from '../../../src/runtime/launch/plan-codec.ts';
import {
  defaultProcess,
  logLines,
  makeSandbox,
  outputOf,
  type PlanChange,
  runToEnd,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const reason =
  whyNoContainers() ??
  (spawnSync('unshare', ['-U', 'true']).status === 0 ? undefined : 'user namespaces cannot be made here');
if (reason !== undefined) console.log(`skipped: ${reason}`);

const first = 200_000;
const maps = { uid: `0 ${first} 1000\n1000 ${first + 5000} 1000\n`, gid: `0 ${first + 100_000} 65536\n` };

describe.skipIf(reason !== undefined)('a user namespace of its own', () => {
  const box = makeSandbox();
  afterAll(() => box.close());
  chmodSync(box.dir, 0o711);

  /** The default plan in a new user namespace; its upper directory belongs to the namespace's root. */
  function mapped(id: string, argv: readonly string[], change: PlanChange = {}): LaunchPlan {
    const plan = box.plan(id, argv, {
      userMaps: maps,
      ...change,
      setup: (ops) => {
        const own = ops.map((op) => (op.op === 'rootfs-overlay' ? { ...op, userxattr: true } : op));
        return change.setup === undefined ? own : change.setup(own);
      },
    });
    chmodSync(join(box.dir, 'c'), 0o711);
    chmodSync(plan.runDir, 0o711);
    for (const name of ['upper', 'work', 'root']) chownSync(join(plan.runDir, name), first, first + 100_000);
    return { ...plan, namespaces: { ...plan.namespaces, user: 'new', ...change.namespaces } };
  }

  it('maps ids as the plan says, and no others', async () => {
    const text = await outputOf(
      mapped('maps', [
        'sh',
        '-c',
        'tr -s " " < /proc/self/uid_map; tr -s " " < /proc/self/gid_map; id -u; id -G; cat /proc/self/setgroups; stat -c %u /usr',
      ]),
    );
    const lines = (map: string) => map.replace(/^/gm, ' ').trimEnd();
    expect(text).toBe(`${lines(maps.uid)}\n${lines(maps.gid)}\n0\n0\nallow\n65534\n`);
  });

  it('gives files made inside to the ids outside', async () => {
    const plan = mapped('files', [
      'sh',
      '-c',
      'touch /root-made; id; touch /tmp/user-made; chown 7:8 /root-made; stat -c %u:%g /root-made',
    ]);
    expect(await outputOf(plan)).toContain('7:8\n');
    const upper = (name: string) => statSync(join(plan.runDir, 'upper', name));
    expect([upper('root-made').uid, upper('root-made').gid]).toEqual([first + 7, first + 100_008]);

    const user = mapped(
      'files-user',
      ['sh', '-c', 'umask 0; touch /shared/x; stat -c %u:%g:%a /shared/x; echo ok > /dev/stderr'],
      {
        process: { uid: 1000, gid: 1000, groups: [50] },
        setup: (ops) => [
          ...ops.slice(0, 2),
          { op: 'mkdir', target: '/shared', mode: 0o777, uid: 0, gid: 0 },
          ...ops.slice(2),
        ],
      },
    );
    await runToEnd(user);
    expect(logLines(user).sort()).toEqual(['stderr F ok', 'stdout F 1000:1000:666']);
    const made = statSync(join(user.runDir, 'upper/shared/x'));
    expect([made.uid, made.gid]).toEqual([first + 5000, first + 101_000]);
  });

  it('mounts proc and sysfs of its own namespaces, masked and read-only as asked', async () => {
    const text = await outputOf(
      mapped(
        'mounts',
        [
          'sh',
          '-c',
          'echo $$; ls /sys/class/net; wc -c < /proc/version; ls /sys/firmware | wc -l; (echo x > /proc/sys/kernel/hostname) 2>&1; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; stat -c %u:%g /dev/mqueue',
        ],
        {
          network: [
            {
              op: 'write',
              path: '/proc/sys/net/ipv4/ip_unprivileged_port_start',
              data: '91',
              optional: false,
            },
          ],
          setup: (ops) =>
            ops.flatMap((op): SetupOp[] =>
              op.op === 'console'
                ? [
                    {
                      op: 'mount',
                      source: 'mqueue',
                      target: '/dev/mqueue',
                      fstype: 'mqueue',
                      flags: 0,
                      data: '',
                      create: 'dir',
                    },
                    op,
                  ]
                : op.op === 'pivot'
                  ? [op, { op: 'mask', target: '/proc/version' }]
                  : [op],
            ),
        },
      ),
    );
    expect(text).toMatch(/^1\nlo\n0\n0\n.*Read-only file system\n91\n0:0\n$/);
  });

  it('has all capabilities inside and none outside', async () => {
    const all = 0x1ff_ffff_ffffn;
    const secret = join(box.dir, 'secret');
    writeFileSync(secret, 'secret\n', { mode: 0o600 });
    const foreign = join(box.dir, 'foreign');
    mkdirSync(foreign);
    const bind = (source: string, target: string): SetupOp => ({
      op: 'bind',
      source,
      subpath: '',
      target,
      recursive: false,
      readOnly: 'no',
      nosuid: false,
      nodev: false,
      noexec: false,
      propagation: 'rprivate',
      create: 'dir',
    });
    const script = [
      'mount -t tmpfs t /tmp && echo mounted',
      'cat /secret 2>/dev/null || echo secret kept',
      'touch /foreign/x 2>/dev/null || echo foreign kept',
      'mknod /tmp/sda b 8 0 2>/dev/null || echo no nodes',
      'date -s 2001-01-01 >/dev/null 2>&1 || echo no clock',
      '/usr/sbin/chroot / true && echo chroot',
      `kill -0 ${process.pid} 2>/dev/null || echo no host process`,
    ].join('; ');
    const plan = mapped('caps', ['sh', '-c', script], {
      process: {
        capabilities: { bounding: all, effective: all, permitted: all, inheritable: 0n, ambient: 0n },
      },
      setup: (ops) => [
        ...ops.slice(0, 2),
        bind(secret, '/secret'),
        bind(foreign, '/foreign'),
        ...ops.slice(2),
      ],
    });
    expect(await outputOf(plan)).toBe(
      'mounted\nsecret kept\nforeign kept\nno nodes\nno clock\nchroot\nno host process\n',
    );
  });

  it('owns its network namespace, to which the engine still has access', async () => {
    const shim = await spawnShim(
      mapped('net', ['sh', '-c', 'ip link set lo up && ip -br addr show lo; cat /proc/net/udp; sleep 100'], {
        network: [dns],
        process: { capabilities: withNetAdmin() },
      }),
    );
    const { pid } = await untilState(shim, 'started');
    expect([...(await shim.sockets()).keys()]).toEqual(['dns']);
    expect(readlinkSync(`/proc/${shim.shimPid}/ns/net`)).toBe(readlinkSync('/proc/self/ns/net'));
    expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
    await shim.network(encodeNetworkOps([{ ...dns, name: 'late', port: 5353 } as NetworkOp]));
    expect((await shim.sockets()).has('late')).toBe(true);
    const log = () => readFileSync(join(shim.runDir, 'log'), 'utf8');
    await expect.poll(log, { timeout: 90_000 }).toMatch(/lo +UNKNOWN +127\.0\.0\.1\/8[\s\S]*0B00007F:0035/);
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('has a terminal that its user owns', async () => {
    const plan = mapped('tty', ['sh', '-c', 'tty; stat -c %u:%g $(tty); echo on > /dev/console; stty size'], {
      process: { uid: 1000, gid: 1000 },
      stdio: { tty: true, rows: 30, columns: 100 },
    });
    expect(await outputOf(plan)).toBe('/dev/pts/0\r\n1000:5\r\non\r\n30 100\r\n');
  });

  it('is joined by an exec, as root and as another user', async () => {
    const shim = await spawnShim(mapped('execs', ['sleep', '100']));
    const { pid, startTime } = await untilState(shim, 'started');
    const script =
      'id -u; touch /dev/shm/$0; stat -c %u:%g /dev/shm/$0; readlink /proc/self/ns/user; echo ok > /dev/stderr; ls /proc/$$/fd > /dev/shm/fds-$0; grep -vE "^(0|1|2|10)$" /dev/shm/fds-$0';
    for (const [uid, tty] of [
      [0, false],
      [1000, false],
      [0, true],
      [1000, true],
    ] as const) {
      const name = `exec-${uid}-${tty}`;
      const base = mapped(name, ['sh', '-c', script, name]);
      const exec: LaunchPlan = {
        ...base,
        kind: 'exec',
        setup: [],
        stdio: { ...base.stdio, tty },
        process: { ...base.process, uid, gid: uid, joinPid: pid, joinStartTime: startTime },
      };
      delete (exec as { userMaps?: unknown }).userMaps;
      const end = await runToEnd(exec);
      const lines = logLines(exec).map((line) => line.slice('stdout F '.length).trim());
      expect({ name, end: end.type, lines: lines.sort() }).toEqual({
        name,
        end: 'exited',
        lines: [`${uid}`, `${uid}:${uid}`, readlinkSync(`/proc/${pid}/ns/user`), 'ok'].sort(),
      });
    }
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('can be joined by another container, whose new namespaces it then owns', async () => {
    const shim = await spawnShim(mapped('owner', ['sleep', '100']));
    const { pid } = await untilState(shim, 'started');
    const plan = mapped(
      'guest',
      ['sh', '-c', 'id -u; readlink /proc/self/ns/user; ls /sys/class/net; echo ok > /dev/stdout'],
      {
        process: { uid: 1000, gid: 1000 },
      },
    );
    const { userMaps: _, ...rest } = plan;
    const text = await outputOf({
      ...rest,
      namespaces: { ...plan.namespaces, user: { path: `/proc/${pid}/ns/user` } },
    });
    expect(text).toBe(`1000\n${readlinkSync(`/proc/${pid}/ns/user`)}\nlo\nok\n`);
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('can be new beside namespaces of the machine that are joined', async () => {
    const shim = await spawnShim(box.plan('machine', ['sleep', '100']));
    const { pid } = await untilState(shim, 'started');
    const path = (name: string) => ({ path: `/proc/${pid}/ns/${name}` });
    const plan = mapped(
      'beside',
      ['sh', '-c', 'readlink /proc/self/ns/ipc /proc/self/ns/uts; grep Uid /proc/self/status | tr -d "\\t"'],
      {
        setup: (ops) => ops.filter((op) => op.op !== 'hostname'),
      },
    );
    const text = await outputOf({
      ...plan,
      namespaces: { ...plan.namespaces, ipc: path('ipc'), uts: path('uts') },
    });
    expect(text).toBe(
      `${readlinkSync(`/proc/${pid}/ns/ipc`)}\n${readlinkSync(`/proc/${pid}/ns/uts`)}\nUid:0000\n`,
    );
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('says what is wrong with its maps', async () => {
    const wrong = mapped('wrong', ['true']);
    expect(await runToEnd({ ...wrong, userMaps: { uid: 'nonsense\n', gid: maps.gid } })).toMatchObject({
      type: 'failed',
      phase: 'clone',
      op: 'write',
      errno: 22,
    });
    const rootless = mapped('rootless', ['true']);
    expect(
      await runToEnd({ ...rootless, userMaps: { uid: `5 ${first} 10\n`, gid: maps.gid } }),
    ).toMatchObject({ type: 'failed', phase: 'clone', op: 'setresuid', errno: 22 });
  });
});

const dns: NetworkOp = {
  op: 'hold-socket',
  name: 'dns',
  family: 4,
  protocol: 'udp',
  address: '127.0.0.11',
  port: 53,
  backlog: 0,
};

function withNetAdmin() {
  const { capabilities } = defaultProcess([]);
  const mask = capabilities.bounding | (1n << 12n);
  return { ...capabilities, bounding: mask, effective: mask, permitted: mask };
}
