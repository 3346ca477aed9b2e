import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LaunchPlan, ProcessPlan, SetupOp } from '../../src/runtime/launch/launch-plan.ts';
import { encodeLaunchPlan } from '../../src/runtime/launch/plan-codec.ts';
import { connectShim, type ShimConnection } from '../../src/runtime/shim/shim-client.ts';
import type { ShimState } from '../../src/runtime/shim/shim-messages.ts';

/** The built shim, or the one TCOMPOSE_TEST_SHIM names (a sanitizer build). */
export const shimBinary =
  process.env.TCOMPOSE_TEST_SHIM ??
  new URL(`../../dist/native/tcompose-shim-${process.arch === 'arm64' ? 'arm64' : 'x64'}`, import.meta.url)
    .pathname;

/** Why container tests cannot run here, or undefined. */
export function whyNoContainers(): string | undefined {
  if (process.getuid?.() !== 0) return 'launch plans without an engine are tried as root';
  if (!existsSync(shimBinary)) return `${shimBinary} is not built (npm run build)`;
  return undefined;
}

const MS = { RDONLY: 1, NOSUID: 2, NODEV: 4, NOEXEC: 8, STRICTATIME: 1 << 24 };
const defaultCaps = 0xa80425fbn; // docker's fourteen

export interface Sandbox {
  readonly dir: string;
  /** A new run directory below the sandbox. */
  runDir(id: string): string;
  /** A run plan with an overlay root in which the host's /usr is bound read-only; `change` overrides parts. */
  plan(id: string, argv: readonly string[], change?: PlanChange): LaunchPlan;
  close(): void;
}

export type PlanChange = Partial<Omit<LaunchPlan, 'process' | 'stdio' | 'setup'>> & {
  readonly process?: Partial<ProcessPlan>;
  readonly stdio?: Partial<LaunchPlan['stdio']>;
  /** Replaces the op list; receives the default one. */
  readonly setup?: (ops: readonly SetupOp[]) => readonly SetupOp[];
};

/** A directory that any user may look into, whatever the umask: also a container's that is a stranger to it. */
function openDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

/** A temporary directory with a root file system skeleton for launch plans. */
export function makeSandbox(): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), 'tcompose-shim-'));
  const lower = join(dir, 'lower');
  for (const name of ['', 'etc', 'usr', 'root', 'tmp', 'var', 'proc', 'sys', 'dev'])
    openDirectory(join(lower, name));
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(lower, name));
  writeFileSync(join(lower, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  chmodSync(join(lower, 'etc/passwd'), 0o644);

  const runDir = (id: string) => {
    const path = join(dir, 'c', id);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const name of ['upper', 'work', 'root']) openDirectory(join(path, name));
    return path;
  };
  return {
    dir,
    runDir,
    plan: (id, argv, change = {}) => {
      const run = runDir(id);
      const { process: processChange, stdio, setup, ...rest } = change;
      const ops = defaultSetup(lower, run);
      return {
        kind: 'run',
        id,
        runDir: run,
        stdio: { tty: false, rows: 0, columns: 0, stdin: false, stdinOnce: false, ...stdio },
        log: { path: join(run, 'log'), maxSize: 0, maxFiles: 1, awaitFollower: 0 },
        waitForStart: false,
        host: [],
        namespaces: {
          mount: 'new',
          pid: 'new',
          net: 'new',
          ipc: 'new',
          uts: 'new',
          cgroup: 'new',
          user: 'host',
        },
        network: [],
        setup: setup === undefined ? ops : setup(ops),
        process: { ...defaultProcess(argv), ...processChange },
        teardown: [],
        ...rest,
      };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function defaultSetup(lower: string, run: string): SetupOp[] {
  const mount = (fstype: string, target: string, flags: number, data = ''): SetupOp => ({
    op: 'mount',
    source: fstype,
    target,
    fstype,
    flags,
    data,
    create: 'dir',
  });
  const device = (name: string, minor: number, major = 1): SetupOp => ({
    op: 'device',
    target: `/dev/${name}`,
    type: 'c',
    major,
    minor,
    mode: 0o666,
    uid: 0,
    gid: 0,
  });
  return [
    {
      op: 'rootfs-overlay',
      lower: [lower],
      upper: join(run, 'upper'),
      work: join(run, 'work'),
      mountPoint: join(run, 'root'),
      userxattr: false,
    },
    {
      op: 'bind',
      source: '/usr',
      subpath: '',
      target: '/usr',
      recursive: true,
      readOnly: 'yes',
      nosuid: true,
      nodev: true,
      noexec: false,
      propagation: 'rprivate',
      create: 'dir',
    },
    mount('proc', '/proc', MS.NOSUID | MS.NODEV | MS.NOEXEC),
    mount('tmpfs', '/dev', MS.NOSUID | MS.STRICTATIME, 'mode=755,size=65536k'),
    mount('devpts', '/dev/pts', MS.NOSUID | MS.NOEXEC, 'newinstance,ptmxmode=0666,mode=0620,gid=5'),
    mount('sysfs', '/sys', MS.NOSUID | MS.NODEV | MS.NOEXEC | MS.RDONLY),
    mount('tmpfs', '/dev/shm', MS.NOSUID | MS.NODEV | MS.NOEXEC, 'mode=1777,size=64m'),
    device('null', 3),
    device('zero', 5),
    device('urandom', 9),
    device('tty', 0, 5),
    { op: 'symlink', text: 'pts/ptmx', target: '/dev/ptmx' },
    { op: 'symlink', text: '/proc/self/fd', target: '/dev/fd' },
    { op: 'symlink', text: '/proc/self/fd/0', target: '/dev/stdin' },
    { op: 'symlink', text: '/proc/self/fd/1', target: '/dev/stdout' },
    { op: 'symlink', text: '/proc/self/fd/2', target: '/dev/stderr' },
    { op: 'hostname', name: 'box' },
    { op: 'console' },
    { op: 'pivot' },
    { op: 'mask', target: '/proc/kcore' },
    { op: 'mask', target: '/sys/firmware' },
    { op: 'readonly-path', target: '/proc/sys' },
  ];
}

export function defaultProcess(argv: readonly string[]): ProcessPlan {
  return {
    argv,
    env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/root', 'LC_ALL=C'],
    cwd: '/',
    uid: 0,
    gid: 0,
    groups: [],
    keepGroups: false,
    capabilities: {
      bounding: defaultCaps,
      effective: defaultCaps,
      permitted: defaultCaps,
      inheritable: 0n,
      ambient: 0n,
    },
    noNewPrivileges: false,
    rlimits: [],
    init: false,
  };
}

/** Starts a shim without a keeper and connects to it. Throws with stderr when the binary refuses. */
export async function spawnShim(plan: LaunchPlan): Promise<ShimConnection> {
  execFileSync(shimBinary, ['spawn'], { input: encodeLaunchPlan(plan) });
  return connectShim(plan.runDir);
}

function describeEnd(state: Extract<ShimState, { type: 'failed' | 'exited' }>): string {
  return state.type === 'exited'
    ? `exited with ${state.code}`
    : `failed at ${state.op} ${state.detail}: ${state.errno}`;
}

/** The first state of one of the types given. Rejects when the container ends, or the shim goes, before. */
export function untilState<T extends ShimState['type']>(
  shim: ShimConnection,
  ...types: readonly T[]
): Promise<Extract<ShimState, { type: T }>> {
  return new Promise((resolve, reject) => {
    const release = shim.onState((state) => {
      if ((types as readonly string[]).includes(state.type)) {
        release();
        resolve(state as Extract<ShimState, { type: T }>);
      } else if (state.type === 'failed' || state.type === 'exited') {
        release();
        reject(new Error(`the container ${describeEnd(state)} before ${types.join(' or ')}`));
      }
    });
    shim.onClose((error) => reject(error ?? new Error(`the shim ended before ${types.join(' or ')}`)));
  });
}

/** Runs a plan to its end and reaps the shim. */
export async function runToEnd(plan: LaunchPlan) {
  const shim = await spawnShim(plan);
  const end = await untilState(shim, 'exited', 'failed');
  await shim.reap();
  shim.close();
  return end;
}

/** The log's lines without time stamps: `stdout F text`. */
export function logLines(plan: LaunchPlan, suffix = ''): string[] {
  const text = readFileSync(plan.log!.path + suffix, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.slice(line.indexOf(' ') + 1));
}

/** All output of a command in a container, as text. */
export async function outputOf(plan: LaunchPlan): Promise<string> {
  await runToEnd(plan);
  return logLines(plan)
    .map((line) => line.slice('stdout F '.length) + (line[7] === 'F' ? '\n' : ''))
    .join('');
}

/** Exit status and stderr of the binary with `input` on stdin. */
export function callShim(args: readonly string[], input: Uint8Array) {
  const { status, signal, stdout, stderr } = spawnSync(shimBinary, args, { input, maxBuffer: 64 << 20 });
  return { status, signal, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') };
}
