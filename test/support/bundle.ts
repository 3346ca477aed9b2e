import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ParsedArgs } from '../../src/cli/arguments/command.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { command as runCommand } from '../../src/cli/oci/commands/run.ts';
import { planCgroups } from '../../src/runtime/cgroup/cgroup-plan.ts';
import { readMachineFacts } from '../../src/runtime/machine-facts.ts';
import { generateSpec } from '../../src/runtime/spec/oci-spec.ts';
import type { SpecInput } from '../../src/runtime/spec/spec-input.ts';

/** A CLI context whose streams are kept as text. */
export function textContext(root: string): { ctx: CliContext; out: () => string; err: () => string } {
  const texts = { out: '', err: '' };
  const stream = (name: 'out' | 'err'): NodeJS.WriteStream => {
    const through = new PassThrough();
    through.on('data', (bytes: Buffer) => {
      texts[name] += bytes.toString();
    });
    return through as unknown as NodeJS.WriteStream;
  };
  const stdin = new PassThrough();
  stdin.end();
  const ctx = {
    env: { TCOMPOSE_ROOT: root },
    cwd: root,
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stream('out'),
    stderr: stream('err'),
    write: (text: string) => {
      texts.out += text;
    },
    warn: (message: string) => {
      texts.err += `warning: ${message}\n`;
    },
    onInterrupt: () => () => undefined,
  } as unknown as CliContext;
  return { ctx, out: () => texts.out, err: () => texts.err };
}

export interface BundleRoom {
  readonly dir: string;
  /** Writes a bundle of Docker's defaults with `more` over them; the machine's /usr is its programs. */
  bundle(args: readonly string[], more?: Partial<SpecInput>): string;
  /** `tcompose oci run` of such a bundle. */
  run(
    args: readonly string[],
    more?: Partial<SpecInput>,
  ): Promise<{ status: number; out: string; err: string }>;
  close(): void;
}

/** Of its own, so that two runs at the same moment have no control group in common. */
const instance = randomBytes(4).toString('hex');

/** A temporary directory with a root file system for bundles; all of it, control groups included, goes with `close`. */
export function makeBundleRoom(): BundleRoom {
  const dir = mkdtempSync(join(tmpdir(), 'tcompose-bundle-'));
  const rootfs = join(dir, 'rootfs');
  for (const name of ['etc', 'usr', 'root', 'tmp', 'proc', 'sys', 'dev', 'probe']) {
    mkdirSync(join(rootfs, name), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (existsSync(`/usr/${name}`)) symlinkSync(`usr/${name}`, join(rootfs, name));
  }
  const machine = readMachineFacts();
  let count = 0;
  const bundle: BundleRoom['bundle'] = (args, more = {}) => {
    const id = (count++).toString(16).padStart(64, 'b');
    const spec = generateSpec({
      id,
      instance,
      hostConfig: {},
      user: { uid: 0, gid: 0, groups: [], home: '/root' },
      files: {},
      joined: {},
      devices: [],
      machine,
      ...more,
      config: { Cmd: args, ...more.config },
      mounts: [
        { type: 'bind', source: '/usr', target: '/usr', readOnly: true },
        { type: 'bind', source: join(dir, 'probe'), target: '/probe', readOnly: true },
        ...(more.mounts ?? []),
      ],
    });
    const path = join(dir, `bundle-${count}`);
    mkdirSync(path);
    mkdirSync(join(dir, 'probe'), { recursive: true });
    symlinkSync(rootfs, join(path, 'rootfs'));
    writeFileSync(join(path, 'config.json'), JSON.stringify(spec));
    return path;
  };
  return {
    dir,
    bundle,
    async run(args, more) {
      const { ctx, out, err } = textContext(dir);
      const parsed: ParsedArgs = { flags: { bundle: bundle(args, more) }, positional: [`t${count}`] };
      const status = (await runCommand.run(parsed, ctx)) ?? 0;
      return { status, out: out(), err: err() };
    },
    close() {
      for (const path of Object.values(planCgroups(machine.cgroups, `/tcompose-${instance}/x`, {}).paths)) {
        const parent = dirname(path);
        if (existsSync(parent)) rmdirSync(parent);
      }
      rmSync(dir, { recursive: true });
    },
  };
}

/** Run directories that are left in a room's OCI root. */
export function leftOver(room: BundleRoom): string[] {
  const root = join(room.dir, 'run', 'oci');
  return existsSync(root) ? readdirSync(root) : [];
}
