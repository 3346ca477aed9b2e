import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMachineFacts } from '../../../src/runtime/machine-facts.ts';
import type { SpecInput } from '../../../src/runtime/spec/spec-input.ts';
import { type BundleRoom, leftOver, makeBundleRoom } from '../../support/bundle.ts';
import { requirements } from '../../support/cli.ts';
import { differences, dockerVerdicts, parseVerdicts, stricter } from '../../support/docker-profile.ts';
import { whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers() ?? requirements({ commands: ['cc'] });
if (reason !== undefined) console.log(`skipped: ${reason}`);

const { EACCES, EPERM, EROFS, ENOSYS } = constants.errno;
const onX64 = process.arch === 'x64';
/** Whether this kernel takes the calls of 32-bit programs: some are built or booted without, and end who tries. */
const takesI386 = onX64 && reason === undefined && takesSoftwareInterrupts();
if (onX64 && !takesI386)
  console.log('calls of 32-bit programs are not tried: this kernel ends who makes one');
const v1 = readMachineFacts().cgroups.kind === 'v1';

describe.skipIf(reason !== undefined)('what a container may not do', () => {
  let room: BundleRoom;
  beforeAll(() => {
    room = makeBundleRoom();
    mkdirSync(join(room.dir, 'probe'));
    for (const name of ['probe', 'filter-probe']) {
      const source = join(import.meta.dirname, `${name}.c`);
      const flags = ['-O1', '-static', ...(takesI386 ? ['-DWITH_I386'] : [])];
      execFileSync('cc', [...flags, '-o', join(room.dir, 'probe', name), source]);
    }
  });
  afterAll(() => room.close());

  const probe = async (more: Partial<SpecInput> = {}): Promise<Record<string, number>> => {
    const { status, out, err } = await room.run(['/probe/probe'], more);
    expect([status, err]).toEqual([0, '']);
    return Object.fromEntries(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name = '', value]) => [name, Number(value)]),
    );
  };

  it('holds by default against every attempt', async () => {
    const found = await probe();
    expect(found).toMatchObject({
      getpid: 0,
      fork: 0,
      'clone-newuser': EPERM,
      'clone-newnet': EPERM,
      clone3: ENOSYS,
      'unshare-user': EPERM,
      'unshare-mount': EPERM,
      setns: EPERM,
      mount: EPERM,
      'umount-mask': EPERM,
      open_tree: EPERM,
      fsopen: EPERM,
      pivot_root: EPERM,
      keyctl: EPERM,
      bpf: EPERM,
      perf: EPERM,
      io_uring: EPERM,
      userfaultfd: EPERM,
      reboot: EPERM,
      module: EPERM,
      open_by_handle_at: EPERM,
      'personality-query': 0,
      'personality-norandom': EPERM,
      'socket-inet': 0,
      'socket-alg': EPERM,
      'socket-vsock': EPERM,
      'socket-alg-high': EPERM,
      'unknown-call': ENOSYS,
      'newest-known-to-nobody': ENOSYS,
      ...(takesI386
        ? {
            'i386-getpid': 0,
            'i386-socketcall-socket': ENOSYS,
            'i386-socket-alg': EPERM,
          }
        : {}),
      'write-sysctl': EROFS,
      'write-net-sysctl': EROFS,
      'write-sys': EROFS,
      null: 0,
      mem: EPERM,
      kmsg: EPERM,
      sda: EPERM,
      fuse: EPERM,
      chroot: 0,
    });
    // Allowed; most kernels have no x32 at all.
    if (onX64) expect([0, ENOSYS]).toContain(found['x32-getpid']);
    if (v1) {
      expect(found).toMatchObject({
        'write-cgroup': EROFS,
        'mkdir-cgroup': EROFS,
        'mkdir-cgroup-top': EROFS,
      });
    }
    // Masked files read as empty; one that this kernel lacks can't be opened.
    for (const name of ['kcore-bytes', 'keys-bytes', 'timer_list-bytes', 'interrupts-bytes']) {
      expect([name, found[name]]).toEqual([name, expect.toSatisfy((bytes: number) => bytes <= 0)]);
    }
    expect([EROFS, constants.errno.ENOENT]).toContain(found['write-sysrq']);
    expect(found).not.toHaveProperty('open-fd');
  });

  it('holds for a user other than root', async () => {
    const found = await probe({ user: { uid: 1000, gid: 1000, groups: [], home: '/' } });
    expect(found).toMatchObject({
      mount: EPERM,
      'unshare-user': EPERM,
      chroot: EPERM,
      getpid: 0,
    });
    expect([EPERM, EACCES]).toContain(found.mem);
    expect([EROFS, EACCES]).toContain(found['write-sysctl']);
  });

  it('opens what a capability stands for, and only that', async () => {
    const found = await probe({ hostConfig: { CapAdd: ['SYS_ADMIN'] } });
    expect(found).toMatchObject({ 'unshare-mount': 0, fsopen: 0, reboot: EPERM, module: EPERM, mem: EPERM });
    expect((await probe({ hostConfig: { CapDrop: ['MKNOD', 'SYS_CHROOT'] } })).chroot).toBe(EPERM);
    expect((await probe({ hostConfig: { CapDrop: ['MKNOD'] } })).null).toBe(EPERM);
  });

  it.runIf(onX64)('is told by the kernel of every call what Docker’s containers are told', async () => {
    for (const name of ['none', 'CAP_SYS_ADMIN']) {
      const given = name === 'none' ? {} : { CapAdd: [name] };
      const { status, out, err } = await room.run(['/probe/filter-probe'], {
        hostConfig: { CapDrop: ['ALL'], ...given },
      });
      expect([status, err]).toEqual([0, '']);
      const expected = [...dockerVerdicts(name), ...stricter].filter(
        ([call]) => takesI386 || !/^(i386|socketcall)/.test(call),
      );
      expect(differences(parseVerdicts(out), new Map(expected))).toEqual([]);
    }
  });

  it('leaves an unconfined container to the kernel’s own checks', async () => {
    const found = await probe({ hostConfig: { SecurityOpt: ['seccomp=unconfined'] } });
    expect(found).toMatchObject({
      mount: EPERM,
      'personality-norandom': 0,
      mem: EPERM,
      'write-sysctl': EROFS,
    });
    expect(found['clone-newuser']).toBe(0);
  });

  it('carries out a profile of the user', async () => {
    const profile = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: onX64 ? ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] : ['SCMP_ARCH_AARCH64'],
      syscalls: [
        { names: ['chroot'], action: 'SCMP_ACT_ERRNO', errnoRet: 42 },
        {
          names: ['personality'],
          action: 'SCMP_ACT_ERRNO',
          args: [{ index: 0, value: 0xffffffff, op: 'SCMP_CMP_EQ' }],
        },
      ],
    });
    const found = await probe({ hostConfig: { SecurityOpt: [`seccomp=${profile}`] } });
    expect(found).toMatchObject({ chroot: 42, 'personality-query': EPERM, 'personality-norandom': 0 });
  });

  it('allows a device only with the access that was given', async () => {
    const given = await probe({ hostConfig: { DeviceCgroupRules: ['c 10:229 r', 'b 8:* rwm'] } });
    expect(given).toMatchObject({ mem: EPERM, kmsg: EPERM });
    // No driver, no such device: anything but the control group's refusal.
    expect([given.fuse, given.sda]).not.toContain(EPERM);
    const other = await probe({ hostConfig: { DeviceCgroupRules: ['c 10:229 w'] } });
    expect(other).toMatchObject({ fuse: EPERM, sda: EPERM });
  });

  it('gives a privileged container the machine', async () => {
    const found = await probe({ hostConfig: { Privileged: true } });
    expect(found).toMatchObject({
      'unshare-mount': 0,
      'clone-newuser': 0,
      mount: 0,
      kmsg: 0,
      'write-net-sysctl': 0,
    });
  });

  it('keeps its sets of capabilities to the letter', async () => {
    const { out } = await room.run(['cat', '/proc/self/status'], {
      hostConfig: { SecurityOpt: ['no-new-privileges'] },
    });
    const status = Object.fromEntries(out.split('\n').map((line) => line.split(/:\s+/)));
    expect(status).toMatchObject({
      CapInh: '0000000000000000',
      CapPrm: '00000000a80425fb',
      CapEff: '00000000a80425fb',
      CapBnd: '00000000a80425fb',
      CapAmb: '0000000000000000',
      NoNewPrivs: '1',
      Seccomp: '2',
    });
  });

  it('leaves nothing behind', () => {
    expect(leftOver(room)).toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(room.dir);
  });
});

function takesSoftwareInterrupts(): boolean {
  const program = join(mkdtempSync(join(tmpdir(), 'tci-')), 'i386');
  try {
    const source =
      'int main(void) { long r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(20)); return r <= 0; }';
    execFileSync('cc', ['-static', '-x', 'c', '-o', program, '-'], { input: source });
    return spawnSync(program).status === 0;
  } finally {
    rmSync(dirname(program), { recursive: true, force: true });
  }
}
