import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SetupOp } from '../../../src/runtime/launch/launch-plan.ts';
import { makeSandbox, outputOf, type PlanChange, runToEnd, whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('an image that is up to something', () => {
  const box = makeSandbox();
  afterAll(() => box.close());

  /** A plan over an image whose `name` is what `make` makes of that path; `more` comes before `console`. */
  function plan(
    id: string,
    argv: readonly string[],
    image: { name: string; make: (path: string) => void },
    more: readonly SetupOp[],
    change: PlanChange = {},
  ) {
    const layer = join(box.dir, `layer-${id}`);
    mkdirSync(layer);
    image.make(join(layer, image.name));
    return box.plan(id, argv, {
      ...change,
      setup: (ops) =>
        ops.flatMap((op): SetupOp[] => {
          if (op.op === 'rootfs-overlay') return [{ ...op, lower: [layer, ...op.lower] }];
          return op.op === 'console' ? [...more, op] : [op];
        }),
    });
  }
  const nothing = { name: 'x', make: () => {} };
  const bind = (target: string): SetupOp => ({
    op: 'bind',
    source: box.dir,
    subpath: '',
    target,
    recursive: false,
    readOnly: 'no',
    nosuid: true,
    nodev: true,
    noexec: true,
    propagation: 'rprivate',
    create: 'dir',
  });

  for (const top of ['proc', 'sys', 'dev'])
    it(`cannot have a volume mounted over /${top} by a link`, async () => {
      for (const [name, target] of [
        ['data', '/data'],
        ['data', `/data/${{ proc: 'sys', sys: 'kernel', dev: 'mine' }[top]}`],
      ] as const) {
        const id = `${top}-${target.replaceAll('/', '-')}`;
        const over = plan(id, ['true'], { name, make: (path) => symlinkSync(`/${top}`, path) }, [
          bind(target),
        ]);
        expect(await runToEnd(over)).toMatchObject({ type: 'failed', phase: 'setup', op: 'bind', errno: 40 });
      }
    });

  it('changes no mode on the machine where a neighbour exchanges what is made in a shared volume', async () => {
    const [program, secret] = [join(box.dir, 'swap-made'), join(box.dir, 'secret')];
    execFileSync('cc', ['-O1', '-static', '-o', program, join(import.meta.dirname, 'swap-made.c')]);
    writeFileSync(secret, 'of the host', { mode: 0o600 });
    const kinds = [{ op: 'device', type: 'c', major: 1, minor: 3 }, { op: 'mkdir' }];
    for (let start = 0; start < 8; start++) {
      const shared = join(box.dir, `shared-${start}`);
      mkdirSync(shared);
      const volume = { ...bind('/data'), source: shared } as SetupOp;
      const makes = Array.from({ length: 20 }, (_, at) => {
        const owner = { mode: 0o666, uid: 4242, gid: 4242 };
        return { ...kinds[start % 2], target: `/data/made${at}`, ...owner } as SetupOp;
      });
      const neighbour = spawn(program, [shared, secret], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        await once(neighbour.stdout, 'data');
        await runToEnd(plan(`made-${start}`, ['true'], nothing, [volume, ...makes]));
      } finally {
        neighbour.kill('SIGKILL');
      }
      const { mode, uid } = statSync(secret);
      expect([(mode & 0o777).toString(8), uid], `start ${start}`).toEqual(['600', 0]);
    }
  });

  it('may have a procfs of the machine elsewhere, with something mounted in it', async () => {
    const host = { ...bind('/host'), source: '/', recursive: true } as SetupOp;
    const proc = { ...bind('/host/proc'), source: '/proc', recursive: true } as SetupOp;
    const text = await outputOf(plan('monitoring', ['cat', '/host/proc/1/comm'], nothing, [host, proc]));
    expect(text).toBe(readFileSync('/proc/1/comm', 'utf8'));
  });

  it('does not hold up the start with a pipe where a file is written', async () => {
    const write: SetupOp = { op: 'write-file', target: '/file', data: 'text', mode: 0o644 };
    const pipe = plan('pipe', ['true'], { name: 'file', make: (path) => execFileSync('mkfifo', [path]) }, [
      write,
    ]);
    expect(await runToEnd(pipe)).toMatchObject({ type: 'failed', phase: 'setup', op: 'write-file' });
  });

  it("does not get the machine's console as its terminal", async () => {
    const console: SetupOp = {
      op: 'device',
      target: '/dev/console',
      type: 'c',
      major: 5,
      minor: 1,
      mode: 0o600,
      uid: 0,
      gid: 0,
    };
    const text = await outputOf(
      plan(
        'console',
        ['sh', '-c', 'tty; stty size < /dev/console; ps -o tty= -p $$ || true'],
        nothing,
        [console],
        { stdio: { tty: true, rows: 12, columns: 34 } },
      ),
    );
    expect(text).toContain('/dev/pts/0\r\n12 34\r\n');
  });

  it('cannot have anything written to /proc but /proc/sys', async () => {
    const outside = plan('escape', ['true'], nothing, [
      { op: 'sysctl', key: 'kernel/../../self/oom_score_adj', value: '1' },
    ]);
    expect(await runToEnd(outside)).toMatchObject({ type: 'failed', op: 'sysctl', errno: 18 });
  });

  it('finds no descriptor but its stdio, however it is started', async () => {
    const list = ['/usr/bin/busybox', 'ls', '/proc/self/fd'];
    const variants: Record<string, PlanChange> = {
      plain: {},
      tty: { stdio: { tty: true, stdin: true } },
      stdin: { stdio: { stdin: true } },
      init: { process: { init: true } },
      user: { process: { uid: 1000, gid: 1000, noNewPrivileges: true } },
      held: {
        host: [
          {
            op: 'hold-socket',
            name: 'h',
            family: 4,
            protocol: 'udp',
            address: '127.0.0.1',
            port: 0,
            backlog: 0,
          },
        ],
      },
      joined: {
        namespaces: {
          mount: 'new',
          pid: 'host',
          net: 'host',
          ipc: 'host',
          uts: { path: `/proc/${process.pid}/ns/uts` },
          cgroup: 'host',
          user: 'host',
        },
      },
    };
    for (const [id, change] of Object.entries(variants)) {
      // 3 is the directory that ls reads
      const text = await outputOf(
        box.plan(`fds-${id}`, list, {
          ...change,
          ...(id === 'joined' ? { setup: (ops) => ops.filter((op) => op.op !== 'hostname') } : {}),
        }),
      );
      expect({ id, fds: text.split(/\s+/).filter((word) => word !== '') }).toEqual({
        id,
        fds: ['0', '1', '2', '3'],
      });
    }
  });
});
