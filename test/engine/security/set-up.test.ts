import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SetupOp } from '../../../src/runtime/launch/launch-plan.ts';
import {
  makeSandbox,
  outputOf,
  runToEnd,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('attacks on the set-up', () => {
  const box = makeSandbox();
  const victim = join(box.dir, 'victim');
  mkdirSync(victim);
  afterAll(() => box.close());

  /** The default set-up over an image whose `name` is what `prepare` makes of it. */
  function overImage(id: string, name: string, prepare: (path: string) => void) {
    const image = join(box.dir, `image-${id}`);
    mkdirSync(image);
    prepare(join(image, name));
    return (ops: readonly SetupOp[]): SetupOp[] =>
      ops.map((op) => {
        if (op.op !== 'rootfs-overlay') return op;
        const rest = join(box.dir, `rest-${id}`);
        execFileSync('cp', ['-a', op.lower[0]!, rest]);
        rmSync(join(rest, name), { recursive: true, force: true });
        return { ...op, lower: [image, rest] };
      });
  }

  for (const name of ['proc', 'sys', 'dev'])
    it(`refuses an image whose /${name} is a symbolic link`, async () => {
      const plan = box.plan(`link-${name}`, ['true'], {
        setup: overImage(name, name, (path) => symlinkSync('/tmp', path)),
      });
      expect(await runToEnd(plan)).toMatchObject({ type: 'failed', phase: 'setup', op: 'mount', errno: 40 });
    });

  it('keeps mount points inside the root when links lead out of it', async () => {
    const setup = overImage('out', 'data', (path) => symlinkSync(`../../../../../../..${victim}`, path));
    const plan = box.plan('out', ['cat', '/data/x/inner'], {
      setup: (ops) => {
        const all = setup(ops);
        const source = join(box.dir, 'payload');
        writeFileSync(source, 'payload\n');
        const bind: SetupOp = {
          op: 'bind',
          source,
          subpath: '',
          target: '/data/x/inner',
          recursive: false,
          readOnly: 'yes',
          nosuid: true,
          nodev: true,
          noexec: true,
          propagation: 'rprivate',
          create: 'file',
        };
        return [...all.slice(0, 2), bind, ...all.slice(2)];
      },
    });
    expect(await outputOf(plan)).toBe('payload\n');
    expect(readdirSync(victim)).toEqual([]);
  });

  it('will not mask with a /dev/null that is none', async () => {
    const plan = box.plan('null', ['true'], {
      setup: (ops) =>
        ops
          .filter((op) => !(op.op === 'device' && op.target === '/dev/null'))
          .flatMap((op): SetupOp[] =>
            op.op === 'pivot'
              ? [
                  { op: 'write-file', target: '/dev/null', data: '', mode: 0o666 },
                  op,
                  { op: 'mask', target: '/proc/version' },
                ]
              : [op],
          ),
    });
    expect(await runToEnd(plan)).toMatchObject({ type: 'failed', op: 'mask', errno: 19 });
  });

  it('masks and protects what it is told to', async () => {
    const plan = box.plan(
      'mask',
      [
        'sh',
        '-c',
        'wc -c < /proc/version; ls /sys/firmware | wc -l; echo 1 > /proc/sys/kernel/hostname; touch /x',
      ],
      {
        setup: (ops) => [...ops, { op: 'mask', target: '/proc/version' }, { op: 'readonly-root' }],
      },
    );
    const text = await outputOf(plan);
    expect(text).toMatch(/^0\n0\n/);
    expect(text).toMatch(/hostname: Read-only file system/);
    expect(text).toMatch(/'\/x': Read-only file system/);
  });

  it('has no descriptor but its stdio, and no inheritable capability', async () => {
    // The one descriptor more is the directory that `ls` itself reads.
    expect(await outputOf(box.plan('fds', ['ls', '/proc/self/fd']))).toBe('0\n1\n2\n3\n');
    const text = await outputOf(box.plan('caps', ['grep', '-E', '^Cap(Inh|Amb)', '/proc/self/status']));
    expect(text).toMatch(/^CapInh:\t0{16}\nCapAmb:\t0{16}\n$/);
  });

  it('will not start in a directory reached through a leaked descriptor', async () => {
    for (const fd of [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
      const end = await runToEnd(box.plan(`cwd-${fd}`, ['ls'], { process: { cwd: `/proc/self/fd/${fd}` } }));
      expect(end.type).toBe('failed');
    }
  });

  it('has a session keyring of its own', async () => {
    const serials = (text: string) =>
      [...text.matchAll(/^(\S+) .* keyring +_ses: /gm)].map((match) => match[1]!);
    // A program that others of this machine start meanwhile may add one.
    await expect
      .poll(
        async () => {
          const host = serials(readFileSync('/proc/keys', 'utf8'));
          const inside = await outputOf(box.plan('keys', ['cat', '/proc/keys']));
          return serials(inside).filter((serial) => !host.includes(serial)).length;
        },
        { timeout: 90_000 },
      )
      .toBe(1);
  });

  it('shows no file of the host as /proc/1/exe while an init runs, and that cannot be written', async () => {
    const plan = box.plan(
      'exe',
      ['sh', '-c', 'readlink /proc/1/exe; (exec 9<>/proc/1/exe) 2>&1; echo x >> /proc/1/exe; true'],
      { process: { init: true } },
    );
    const text = await outputOf(plan);
    expect(text).toMatch(/^\/memfd:tcompose-shim \(deleted\)\n/);
    expect(text.match(/Text file busy|Operation not permitted|Permission denied/g)?.length).toBe(2);
  });

  it('loads a seccomp filter with and without no_new_privs, for any user', async () => {
    const filter = allowAllBut(syscall('mkdir'));
    for (const [noNewPrivileges, uid] of [
      [false, 0],
      [false, 1000],
      [true, 0],
      [true, 1000],
    ] as const) {
      const plan = box.plan(
        `seccomp-${noNewPrivileges}-${uid}`,
        ['sh', '-c', 'mkdir /tmp/x 2>&1; grep Seccomp: /proc/self/status'],
        {
          process: { seccomp: filter, noNewPrivileges, uid, gid: uid },
        },
      );
      const text = await outputOf(plan);
      expect(text).toContain('Operation not permitted');
      expect(text).toContain('Seccomp:\t2');
    }
  });

  it('cannot be looked into by ptrace or /proc while it enters a container', async () => {
    // the process joined polls for a second process and tries to list what it has open
    const spy =
      'while :; do for p in /proc/[0-9]*; do n=${p#/proc/}; [ $n = 1 ] && continue; ls -l $p/fd 2>/dev/null | grep -E "memfd|/proc$|shim" ; done; done';
    const shim = await spawnShim(box.plan('spy', ['sh', '-c', spy]));
    const { pid, startTime } = await untilState(shim, 'started');
    for (let i = 0; i < 5; i++) {
      const base = box.plan(`spied-${i}`, ['true']);
      const end = await runToEnd({
        ...base,
        kind: 'exec',
        log: undefined,
        setup: [],
        process: { ...base.process, joinPid: pid, joinStartTime: startTime },
      });
      expect(end).toMatchObject({ type: 'exited', code: 0 });
    }
    await shim.signal(9);
    await untilState(shim, 'exited');
    expect(readFileSync(join(box.runDir('spy'), 'log'), 'utf8')).toBe('');
    await shim.reap();
  });

  it('leaves the host without a new mount', async () => {
    const shim = await spawnShim(box.plan('mounts', ['sleep', '100']));
    await untilState(shim, 'started');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(box.dir);
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
    expect(lstatSync(victim).isDirectory()).toBe(true);
  });
});

function syscall(name: 'mkdir'): readonly number[] {
  // mkdir and mkdirat of x86_64; arm64 has mkdirat alone
  return name === 'mkdir' && process.arch === 'arm64' ? [34] : [83, 258];
}

/** struct sock_filter[]: EPERM for the system calls given, else allow. */
function allowAllBut(numbers: readonly number[]): Buffer {
  const instructions: [number, number, number, number][] = [[0x20, 0, 0, 0]];
  numbers.forEach((number, index) => {
    instructions.push([0x15, numbers.length - index, 0, number]);
  });
  instructions.push([0x06, 0, 0, 0x7fff0000], [0x06, 0, 0, 0x00050001]);
  const out = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, jt, jf, k], index) => {
    out.writeUInt16LE(code, index * 8);
    out.writeUInt8(jt, index * 8 + 2);
    out.writeUInt8(jf, index * 8 + 3);
    out.writeUInt32LE(k, index * 8 + 4);
  });
  return out;
}
