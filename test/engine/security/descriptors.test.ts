import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapabilitySets, LaunchPlan, SetupOp } from '../../../src/runtime/launch/launch-plan.ts';
import { encodeLaunchPlan } from '../../../src/runtime/launch/plan-codec.ts';
import { connectShim, type ShimConnection } from '../../../src/runtime/shim/shim-client.ts';
import { requirements } from '../../support/cli.ts';
import {
  logLines,
  makeSandbox,
  type PlanChange,
  runToEnd,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const reason = whyNoContainers() ?? requirements({ commands: ['cc'] });
if (reason !== undefined) console.log(`skipped: ${reason}`);

const sysPtrace = 1n << 19n;

describe.skipIf(reason !== undefined)('descriptors of the host', () => {
  const box = makeSandbox();
  const image = join(box.dir, 'image');
  /** Not in any container. */
  const program = join(box.dir, 'host-only/program');
  afterAll(() => {
    delete process.env.HOST_SECRET;
    box.close();
  });
  beforeAll(() => {
    // The shims of these tests get it as a keeper gets the variables of the shell it is started from.
    process.env.HOST_SECRET = 'x';
    mkdirSync(image);
    mkdirSync(join(box.dir, 'host-only'));
    execFileSync('cc', [
      '-O1',
      '-static',
      '-o',
      join(image, 'neighbour'),
      join(import.meta.dirname, 'pid-neighbour.c'),
    ]);
    copyFileSync(join(image, 'neighbour'), program);
  });

  /** A plan whose image also has the neighbour and what is put into `image`. */
  const plan = (id: string, argv: readonly string[], change: PlanChange = {}): LaunchPlan =>
    box.plan(id, argv, {
      ...change,
      setup: (ops) =>
        ops.flatMap((op): SetupOp[] => {
          if (op.op === 'rootfs-overlay') return [{ ...op, lower: [image, ...op.lower] }];
          return op.op === 'hostname' && change.namespaces !== undefined ? [] : [op];
        }),
    });

  /** The same as an exec in the container of `pid`. */
  const exec = (base: LaunchPlan, pid: number): LaunchPlan => ({
    ...base,
    kind: 'exec',
    host: [],
    setup: [],
    process: { ...base.process, joinPid: pid },
  });

  const sysPtraceToo = (caps: CapabilitySets): CapabilitySets => ({
    ...caps,
    bounding: caps.bounding | sysPtrace,
    effective: caps.effective | sysPtrace,
    permitted: caps.permitted | sysPtrace,
  });

  /** A container that looks at all others of its pid namespace, and may trace them. */
  const watcherOf = (id: string, change: PlanChange): LaunchPlan =>
    plan(id, ['/neighbour', 'watch', program], {
      ...change,
      process: { ...change.process, capabilities: sysPtraceToo(plan('x', []).process.capabilities) },
    });

  /** Ends it: it has seen processes on their way into its namespace, and nothing of the host in them. */
  const endWatch = async (shim: ShimConnection, id: string): Promise<void> => {
    await shim.signal(15);
    await untilState(shim, 'exited');
    await shim.reap();
    const seen = readFileSync(join(box.runDir(id), 'log'), 'utf8')
      .split('\n')
      .slice(0, -1);
    const words = seen.map((line) => line.slice(line.indexOf(' stdout F ') + ' stdout F '.length));
    expect(words.slice(0, -1)).toEqual([]);
    expect(Number(/^early (\d+)$/.exec(words.at(-1)!)?.[1])).toBeGreaterThan(0);
  };

  const joining = (pid: number): LaunchPlan['namespaces'] => ({
    mount: 'new',
    pid: { path: `/proc/${pid}/ns/pid` },
    net: 'host',
    ipc: 'host',
    uts: 'host',
    cgroup: 'host',
    user: 'host',
  });

  it('lead no path of a command, a PATH, a link or an interpreter out of the container', async () => {
    const neighbour = await spawnShim(plan('target', ['sleep', '1000']));
    const { pid } = await untilState(neighbour, 'started');
    for (let fd = 3; fd <= 12; fd++) {
      const out = `/proc/self/fd/${fd}${'/..'.repeat(12)}`;
      symlinkSync(`${out}${program}`, join(image, `link-${fd}`));
      writeFileSync(join(image, `script-${fd}`), `#!${out}${program} say\n`);
      chmodSync(join(image, `script-${fd}`), 0o755);
      const ways: [string, readonly string[], PlanChange?][] = [
        ['path', [`${out}${program}`, 'say', 'out']],
        ['PATH', ['program', 'say', 'out'], { process: { env: [`PATH=${out}${join(program, '..')}`] } }],
        ['link', [`/link-${fd}`, 'say', 'out']],
        ['interpreter', [`/script-${fd}`, 'say', 'out']],
      ];
      for (const [name, argv, change] of ways) {
        const run = plan(`${name}-${fd}`, argv, change);
        for (const one of [
          run,
          exec({ ...run, id: `${run.id}-exec`, runDir: box.runDir(`${run.id}-exec`) }, pid),
        ]) {
          expect([one.id, await runToEnd(one)]).toEqual([
            one.id,
            expect.objectContaining({ type: 'failed', phase: 'exec', op: 'execve' }),
          ]);
        }
      }
    }
    await neighbour.signal(9);
    await untilState(neighbour, 'exited');
    await neighbour.reap();
  });

  it.each([
    ['', {}],
    ['below an init', { process: { init: true } }],
  ] as const)('are seen by no neighbour in 500 starts and execs %s', async (name, change) => {
    const id = `watch-${name.length}`;
    const shim = await spawnShim(watcherOf(id, change));
    const { pid } = await untilState(shim, 'started');
    const joined = joining(pid);
    const kinds: [string, PlanChange][] = [
      ['plain', {}],
      ['tty', { stdio: { tty: true, stdin: true } }],
      ['stdin', { stdio: { stdin: true } }],
      ['user', { process: { uid: 1000, gid: 1000, noNewPrivileges: true, cwd: '/tmp' } }],
      ['filter', { process: { seccomp: allowAll } }],
      ['refusing', { process: { seccomp: refuseClone } }],
    ];
    const jobs = Array.from({ length: 500 }, (_, index) => async () => {
      const [kind, of] = kinds[index % kinds.length]!;
      const started = index % 2 === 0;
      const base = plan(`${id}-${index}`, ['/neighbour', 'quiet'], {
        ...of,
        ...(started ? { namespaces: joined } : {}),
      });
      const end = await runToEnd(started ? base : exec(base, pid));
      expect([kind, end]).toEqual([kind, expect.objectContaining({ type: 'exited', code: 0 })]);
    });
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) await job();
      }),
    );
    await endWatch(shim, id);
  });

  it('are seen by no neighbour where a process must mount procfs, before Linux 6.18', async () => {
    const former = join(box.dir, 'former-shim');
    const native = join(import.meta.dirname, '../../../src/runtime/native');
    const folders = readdirSync(native, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'test')
      .map(({ parentPath, name }) => join(parentPath, name))
      .concat(native);
    const sources = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.c'))
        .map((name) => join(folder, name)),
    );
    const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-DWITHOUT_PROC_PIDNS', '-static', '-O0', '-o', former];
    execFileSync('cc', [...flags, ...folders.map((folder) => `-I${folder}`), ...sources]);

    const shim = await spawnShim(watcherOf('former', {}));
    const { pid } = await untilState(shim, 'started');
    for (let i = 0; i < 40; i++) {
      const joined = plan(`former-${i}`, ['/neighbour', 'proc'], {
        namespaces: joining(pid),
        // The program of a process with more capabilities is not shown.
        process: { capabilities: sysPtraceToo(plan('x', []).process.capabilities) },
      });
      execFileSync(former, ['spawn'], { input: encodeLaunchPlan(joined) });
      const one = await connectShim(joined.runDir);
      await untilState(one, 'exited');
      await one.reap();
      one.close();
      expect(logLines(joined)).toEqual(['stdout F 1 is /neighbour']);
    }
    await endWatch(shim, 'former');
  });

  it.each([
    ['start', false],
    ['exec', true],
  ])("do not include the machine's null device as stdin of a(n) %s", async (name, joining) => {
    const before = statSync('/dev/null').mode;
    // Harmless on the machine's, if it should be that.
    const argv = ['chmod', '1666', '/proc/self/fd/0'];
    try {
      const shim = await spawnShim(plan(`null-${name}`, ['sleep', '1000']));
      const { pid } = await untilState(shim, 'started');
      const base = plan(`chmod-${name}`, argv);
      expect(await runToEnd(joining ? exec(base, pid) : base)).toMatchObject({ type: 'exited', code: 0 });
      expect(statSync('/dev/null').mode).toBe(before);
      await shim.signal(9);
      await untilState(shim, 'exited');
      await shim.reap();
    } finally {
      chmodSync('/dev/null', before & 0o7777);
    }
  });

  it('are none of those that the host itself shows for a created container', async () => {
    const shim = await spawnShim(plan('created', ['/neighbour', 'quiet'], { waitForStart: true }));
    const { pid } = await untilState(shim, 'created');
    const links = execFileSync('sh', ['-c', `cd /proc/${pid}/fd && for f in *; do readlink $f; done`], {
      encoding: 'utf8',
    });
    expect(links).toMatch(/^\/dev\/null\npipe:\[\d+\]\npipe:\[\d+\]\n$/);
    await shim.start();
    await untilState(shim, 'exited');
    await shim.reap();
  });
});

/** struct sock_filter[] */
function filterOf(...instructions: readonly [number, number, number, number][]): Buffer {
  const out = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, jt, jf, k], index) => {
    out.writeUInt16LE(code, index * 8);
    out.writeUInt8(jt, index * 8 + 2);
    out.writeUInt8(jf, index * 8 + 3);
    out.writeUInt32LE(k, index * 8 + 4);
  });
  return out;
}

const allowAll = filterOf([0x06, 0, 0, 0x7fff0000]);
const refuseClone = filterOf(
  [0x20, 0, 0, 0],
  [0x15, 0, 1, process.arch === 'arm64' ? 220 : 56],
  [0x06, 0, 0, 0x00050001],
  [0x06, 0, 0, 0x7fff0000],
);
