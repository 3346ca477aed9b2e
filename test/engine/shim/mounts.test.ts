import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
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

type Bind = Extract<SetupOp, { op: 'bind' }>;

describe.skipIf(reason !== undefined)('the root file system', () => {
  const box = makeSandbox();
  afterAll(() => box.close());

  function bind(source: string, target: string, change: Partial<Bind> = {}): Bind {
    return {
      op: 'bind',
      source,
      subpath: '',
      target,
      recursive: true,
      readOnly: 'no',
      nosuid: false,
      nodev: false,
      noexec: false,
      propagation: 'rprivate',
      create: 'dir',
      ...change,
    };
  }
  /** Puts ops before the default ones from `console` on. */
  const withOps =
    (...more: SetupOp[]) =>
    (ops: readonly SetupOp[]) => {
      const at = ops.findIndex((op) => op.op === 'console');
      return [...ops.slice(0, at), ...more, ...ops.slice(at)];
    };

  it('may lie in directories with any name, and have many layers', async () => {
    const layers = Array.from({ length: 60 }, (_, index) => {
      const layer = join(box.dir, 'layers', `layer-${'n'.repeat(40)}-${index}`);
      mkdirSync(layer, { recursive: true });
      writeFileSync(join(layer, `file-${index}`), '');
      writeFileSync(join(layer, 'top'), `${index}\n`);
      return layer;
    });
    const plan = box.plan('odd,name:with\\all "signs"', ['sh', '-c', 'ls / | grep -c file-; cat /top'], {
      setup: (ops) =>
        ops.map((op) => (op.op === 'rootfs-overlay' ? { ...op, lower: [...layers, ...op.lower] } : op)),
    });
    expect(await outputOf(plan)).toBe('60\n0\n');
  });

  it('may have more layers than a page of options holds, where the kernel takes them one by one', async () => {
    const layers = Array.from({ length: 400 }, (_, index) => {
      const layer = join(box.dir, 'many', `a,b:c\\d=${'n'.repeat(20)}${index}`);
      mkdirSync(layer, { recursive: true });
      writeFileSync(join(layer, `file-${index}`), '');
      writeFileSync(join(layer, 'top'), `${index}\n`);
      return layer;
    });
    const plan = box.plan(
      'many,odd:name\\',
      ['sh', '-c', 'ls / | grep -c file-; cat /top; >/new && ls /new'],
      {
        setup: (ops) =>
          ops.map((op) => (op.op === 'rootfs-overlay' ? { ...op, lower: [...layers, ...op.lower] } : op)),
      },
    );
    const [major = 0, minor = 0] = release().split('.').map(Number);
    if (major > 6 || (major === 6 && minor >= 7)) expect(await outputOf(plan)).toBe('400\n0\n/new\n');
    else expect(await runToEnd(plan)).toMatchObject({ type: 'failed', op: 'rootfs-overlay' });
  });

  it('may be a plain directory, and read-only', async () => {
    const image = join(box.dir, 'plain');
    const plan = box.plan('plain', ['sh', '-c', 'touch /x 2>/dev/null; echo $?; cat /etc/passwd'], {
      setup: (ops) => {
        const overlay = ops[0]!;
        if (overlay.op === 'rootfs-overlay') execFileSync('cp', ['-a', overlay.lower[0]!, image]);
        return [
          { op: 'rootfs-bind', source: image, mountPoint: image },
          ...ops.slice(1),
          { op: 'readonly-root' },
        ];
      },
    });
    expect(await outputOf(plan)).toContain('1\nroot:x:0:0::/root:/bin/sh\n');
  });

  it('has binds with the attributes asked for', async () => {
    const source = join(box.dir, 'source');
    mkdirSync(join(source, 'inner'), { recursive: true });
    writeFileSync(join(source, 'run'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    writeFileSync(join(source, 'text'), 'a file\n');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'inner')]);
    try {
      const attempts = (at: string) =>
        `(touch ${at}/new && echo ${at} rw || echo ${at} ro; touch ${at}/inner/new && echo inner rw || echo inner ro; ${at}/run || echo noexec) 2>/dev/null`;
      const plan = box.plan(
        'binds',
        [
          'sh',
          '-c',
          `${['/rw', '/ro', '/rro'].map(attempts).join('; ')}; cat /deep/er/file; (echo x > /deep/er/file) 2>/dev/null || echo file ro`,
        ],
        {
          setup: withOps(
            bind(source, '/rw'),
            bind(source, '/ro', { readOnly: 'yes', noexec: true }),
            bind(source, '/rro', { readOnly: 'recursive', nosuid: true, nodev: true }),
            bind(join(source, 'text'), '/deep/er/file', { readOnly: 'yes', create: 'file' }),
          ),
        },
      );
      expect((await outputOf(plan)).split('\n')).toEqual(
        '/rw rw|inner rw|ran|/ro ro|inner rw|noexec|/rro ro|inner ro|ran|a file|file ro|'.split('|'),
      );
    } finally {
      execFileSync('umount', [join(source, 'inner')]);
    }
  });

  it('passes mounts on as the propagation says', async () => {
    const source = join(box.dir, 'shared');
    mkdirSync(join(source, 'host'), { recursive: true });
    mkdirSync(join(source, 'inside'));
    execFileSync('mount', ['--bind', source, source]);
    execFileSync('mount', ['--make-shared', source]);
    try {
      const all = 0x1ffffffffffn;
      const script =
        'mount -t tmpfs inside /shared/inside && echo mounted; read x; for d in shared slave private; do mount | grep -c " /$d/host "; done; umount /shared/inside';
      const plan = box.plan('propagation', ['sh', '-c', script], {
        waitForStart: true,
        stdio: { stdin: true },
        process: {
          capabilities: { bounding: all, effective: all, permitted: all, inheritable: 0n, ambient: 0n },
        },
        setup: withOps(
          bind(source, '/shared', { propagation: 'rshared' }),
          bind(source, '/slave', { propagation: 'rslave' }),
          bind(source, '/private'),
        ),
      });
      const shim = await spawnShim(plan);
      await untilState(shim, 'created');
      const client = await shim.attach({ stdin: true, stdout: true, stderr: true });
      let output = '';
      client.onOutput((_, bytes) => {
        output += bytes.toString();
      });
      await shim.start();
      await expect.poll(() => output, { timeout: 90_000 }).toBe('mounted\n');
      expect(
        execFileSync('findmnt', ['-n', '-o', 'SOURCE', join(source, 'inside')], { encoding: 'utf8' }),
      ).toBe('inside\n');
      execFileSync('mount', ['-t', 'tmpfs', 'host', join(source, 'host')]);
      await client.write(Buffer.from('go\n'));
      expect(await client.ended).toBe('eof');
      expect(output).toBe('mounted\n1\n1\n0\n');
      await shim.reap();
      execFileSync('umount', [join(source, 'host')]);
    } finally {
      execFileSync('umount', ['-R', source]);
    }
  });

  it('takes files, directories, links and devices as asked, and leaves what an image has', async () => {
    const plan = box.plan(
      'ops',
      [
        'sh',
        '-c',
        'cat /made/by/file; stat -c "%a %u %g %n" /made/dir /made/pipe; readlink /made/link; readlink /made/again; hostname; cat /proc/sys/kernel/domainname',
      ],
      {
        setup: withOps(
          { op: 'write-file', target: '/made/by/file', data: 'written\n', mode: 0o640 },
          { op: 'mkdir', target: '/made/dir', mode: 0o1770, uid: 5, gid: 6 },
          { op: 'device', target: '/made/pipe', type: 'p', major: 0, minor: 0, mode: 0o622, uid: 1, gid: 2 },
          { op: 'symlink', text: 'one', target: '/made/link' },
          { op: 'symlink', text: 'two', target: '/made/link' },
          { op: 'symlink', text: '../x', target: '/made/again' },
          { op: 'sysctl', key: 'kernel.domainname', value: 'example' },
        ),
      },
    );
    expect(await outputOf(plan)).toBe(
      'written\n1770 5 6 /made/dir\n622 1 2 /made/pipe\none\n../x\nbox\nexample\n',
    );
  });

  it('is refused without layers', async () => {
    const plan = box.plan('none', ['true'], {
      setup: (ops) => ops.map((op) => (op.op === 'rootfs-overlay' ? { ...op, lower: [] } : op)),
    });
    expect(await runToEnd(plan)).toMatchObject({ type: 'failed', step: 0, op: 'rootfs-overlay', errno: 22 });
  });
});
