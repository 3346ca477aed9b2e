import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CgroupLayout } from '../../../src/runtime/cgroup/cgroup-layout.ts';
import { buildLaunchPlan } from '../../../src/runtime/launch/build-launch-plan.ts';
import { encodeLaunchPlan } from '../../../src/runtime/launch/plan-codec.ts';
import { readMachineFacts } from '../../../src/runtime/machine-facts.ts';
import { connectShim } from '../../../src/runtime/shim/shim-client.ts';
import type { ShimState } from '../../../src/runtime/shim/shim-messages.ts';
import { generateSpec } from '../../../src/runtime/spec/oci-spec.ts';
import type { HostConfigInput } from '../../../src/runtime/spec/spec-input.ts';
import { type BundleRoom, makeBundleRoom } from '../../support/bundle.ts';
import { requirements } from '../../support/cli.ts';
import { shimBinary, whyNoContainers } from '../../support/shim.ts';

/** The v2 tree of this machine, also where it only stands beside v1 with no controllers to speak of. */
function unifiedTree(): string | undefined {
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((text) => text.includes(' - cgroup2 '));
  return line?.split(' ')[4];
}

const tree = unifiedTree();
const reason =
  whyNoContainers() ??
  requirements({ commands: ['cc'] }) ??
  (tree === undefined ? 'no cgroup2 tree is mounted' : undefined);
if (reason !== undefined) console.log(`skipped: ${reason}`);

const instance = randomBytes(4).toString('hex');
const { EPERM } = constants.errno;

describe.skipIf(reason !== undefined)('a container on cgroup v2', () => {
  let room: BundleRoom;
  let count = 0;
  const controllers = (tree && readFileSync(`${tree}/cgroup.controllers`, 'utf8').split(/\s+/)) || [];
  const layout: CgroupLayout = { kind: 'v2', mountPoint: tree ?? '', base: '', controllers };
  const machine = { ...readMachineFacts(), cgroups: layout };

  beforeAll(() => {
    room = makeBundleRoom();
    mkdirSync(join(room.dir, 'probe'));
    execFileSync('cc', [
      '-O1',
      '-static',
      '-o',
      join(room.dir, 'probe/probe'),
      join(import.meta.dirname, '../security/probe.c'),
    ]);
  });
  afterAll(() => {
    room.close();
    const own = `${tree}/tcompose-${instance}`;
    if (existsSync(own)) rmdirSync(own);
  });

  /** Runs a command by a plan of our own (the CLI would find the machine's layout itself) and gives its output. */
  async function output(args: readonly string[], hostConfig: HostConfigInput = {}): Promise<string> {
    const id = (count++).toString(16).padStart(64, 'd');
    const runDir = join(room.dir, `r${count}`);
    mkdirSync(runDir, { mode: 0o700 });
    const spec = generateSpec({
      id,
      instance,
      config: { Cmd: args },
      hostConfig,
      mounts: [
        { type: 'bind', source: '/usr', target: '/usr', readOnly: true },
        { type: 'bind', source: join(room.dir, 'probe'), target: '/probe', readOnly: true },
      ],
      user: { uid: 0, gid: 0, groups: [], home: '/root' },
      files: {},
      joined: {},
      devices: [],
      machine,
    });
    const plan = buildLaunchPlan(spec, {
      id,
      runDir,
      stdio: { tty: false, rows: 0, columns: 0, stdin: false, stdinOnce: false },
      log: { path: join(runDir, 'log'), maxSize: 0, maxFiles: 1, awaitFollower: 0 },
      rootfs: { kind: 'directory', path: join(room.dir, 'rootfs') },
      machine,
      init: false,
    });
    execFileSync(shimBinary, ['spawn'], { input: encodeLaunchPlan(plan) });
    const shim = await connectShim(runDir);
    const state = await new Promise<ShimState>((resolve) => {
      shim.onState((one) => {
        if (one.type === 'exited' || one.type === 'failed') resolve(one);
      });
    });
    await shim.reap();
    shim.close();
    expect(state).toMatchObject({ type: 'exited', code: 0 });
    return readFileSync(join(runDir, 'log'), 'utf8')
      .split('\n')
      .map((line) => line.split(' ').slice(3).join(' '))
      .join('\n');
  }

  const probe = async (hostConfig: HostConfigInput = {}): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await output(['/probe/probe'], hostConfig))
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name = '', value]) => [name, Number(value)]),
    );

  it('opens no device that was not given to it', async () => {
    expect(await probe()).toMatchObject({ null: 0, mem: EPERM, kmsg: EPERM, sda: EPERM, fuse: EPERM });
  });

  it('opens those that were, with the access that was given', async () => {
    const given = await probe({ DeviceCgroupRules: ['c 10:229 r', 'b 8:* rwm'] });
    expect([given.fuse, given.sda]).not.toContain(EPERM);
    expect(given).toMatchObject({ mem: EPERM, kmsg: EPERM });
    expect(await probe({ DeviceCgroupRules: ['c 10:229 w'] })).toMatchObject({ fuse: EPERM, sda: EPERM });
  });

  it('sees its own group as the root of the tree', async () => {
    const [own, mount] = (
      await output(['sh', '-c', 'grep ^0:: /proc/self/cgroup; grep " - cgroup2 " /proc/self/mountinfo'])
    ).split('\n');
    expect(own).toBe('0::/');
    expect(mount).toMatch(/ \/ \/sys\/fs\/cgroup ro,nosuid,nodev,noexec,relatime /);
  });

  it('leaves no group behind', () => {
    expect(
      readdirSync(`${tree}/tcompose-${instance}`, { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      ),
    ).toEqual([]);
  });
});
