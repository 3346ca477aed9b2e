import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionValue } from '../../../../src/runtime/seccomp/actions.ts';
import { decodeBpf } from '../../../../src/runtime/seccomp/bpf.ts';
import { compileSeccomp } from '../../../../src/runtime/seccomp/compile.ts';
import { aarch64, x32, x86, x86_64 } from '../../../../src/runtime/seccomp/generated/syscalls.ts';
import { resolveDefaultProfile } from '../../../../src/runtime/seccomp/resolve-profile.ts';
import { capabilityNames, defaultCapabilities } from '../../../../src/runtime/spec/capabilities.ts';
import type { OciSeccomp, OciSeccompArg, OciSeccompRule } from '../../../../src/runtime/spec/oci-types.ts';
import { runFilter } from './bpf-interpreter.ts';

const allow = 0x7fff0000;
const errno = (code: number): number => 0x00050000 + code;
const X86_64 = 0xc000003e;
const I386 = 0x40000003;
const AARCH64 = 0xc00000b7;

/** What the rules say, written apart from the compiler: walk them in order and compare. */
function expected(
  seccomp: OciSeccomp,
  numbers: Readonly<Record<string, number>>,
  number: number,
  args: readonly bigint[],
): number {
  const name = Object.keys(numbers).find((candidate) => numbers[candidate] === number);
  const rules = seccomp.syscalls ?? [];
  const last = Math.max(...rules.flatMap((rule) => rule.names.map((one) => numbers[one] ?? -1)), -1);
  if (number > last && last >= 0 && seccomp.defaultAction === 'SCMP_ACT_ERRNO') return errno(38);
  for (const rule of rules) {
    if (name === undefined || !rule.names.includes(name)) continue;
    if (matches(rule, args)) return actionValue(rule.action, rule.errnoRet);
  }
  return actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
}

function matches(rule: OciSeccompRule, args: readonly bigint[]): boolean {
  const conditions = rule.args ?? [];
  const results = conditions.map((condition) =>
    holds(condition, BigInt.asUintN(64, args[condition.index] ?? 0n)),
  );
  const distinct = new Set(conditions.map(({ index }) => index)).size === conditions.length;
  return conditions.length === 0 || (distinct ? results.every(Boolean) : results.some(Boolean));
}

function holds(condition: OciSeccompArg, actual: bigint): boolean {
  const value = BigInt.asUintN(64, BigInt(condition.value));
  switch (condition.op) {
    case 'SCMP_CMP_EQ':
      return actual === value;
    case 'SCMP_CMP_NE':
      return actual !== value;
    case 'SCMP_CMP_GT':
      return actual > value;
    case 'SCMP_CMP_GE':
      return actual >= value;
    case 'SCMP_CMP_LT':
      return actual < value;
    case 'SCMP_CMP_LE':
      return actual <= value;
    case 'SCMP_CMP_MASKED_EQ':
      return (actual & value) === BigInt(condition.valueTwo ?? 0);
  }
}

describe('the default profile', () => {
  const seccomp = resolveDefaultProfile({ machine: 'x64', capabilities: defaultCapabilities });
  const program = decodeBpf(compileSeccomp(seccomp, 'x64'));
  const run = (number: number, ...args: bigint[]): number =>
    runFilter(program, { number, architecture: X86_64, args }).value;

  it('gives every call of the x86-64 and i386 tables what the rules say', () => {
    for (const [architecture, numbers] of [
      [X86_64, x86_64],
      [I386, x86],
    ] as const) {
      for (const number of Object.values(numbers)) {
        const actual = runFilter(program, { number, architecture, args: [0n] }).value;
        expect([number, actual]).toEqual([number, expected(seccomp, numbers, number, [0n])]);
      }
    }
  });

  it('gives every call of the arm64 table what the rules say', () => {
    const arm = resolveDefaultProfile({ machine: 'arm64', capabilities: defaultCapabilities });
    const code = decodeBpf(compileSeccomp(arm, 'arm64'));
    for (const number of Object.values(aarch64)) {
      expect(runFilter(code, { number, architecture: AARCH64 }).value).toBe(
        expected(arm, aarch64, number, [0n]),
      );
    }
    expect(runFilter(code, { number: 0, architecture: X86_64 }).value).toBe(0x80000000);
  });

  it('allows what programs need', () => {
    for (const name of ['read', 'openat', 'execve', 'futex', 'clone', 'socket', 'chroot', 'rseq', 'statx']) {
      expect([name, run(x86_64[name]!)]).toEqual([name, allow]);
    }
  });

  it('refuses with EPERM what needs CAP_SYS_ADMIN and friends', () => {
    for (const name of [
      'mount',
      'umount2',
      'unshare',
      'setns',
      'bpf',
      'keyctl',
      'add_key',
      'reboot',
      'init_module',
      'kexec_load',
      'open_by_handle_at',
      'pivot_root',
      'swapon',
      'userfaultfd',
      'io_uring_setup',
      'perf_event_open',
      'iopl',
      'pidfd_getfd',
      'move_mount',
    ]) {
      expect([name, run(x86_64[name]!)]).toEqual([name, errno(1)]);
    }
  });

  it('answers ENOSYS to clone3 and to calls newer than the profile', () => {
    expect(run(x86_64.clone3!)).toBe(errno(38));
    expect(run(900)).toBe(errno(38));
    expect(run(0x3fffffff)).toBe(errno(38));
  });

  it('allows clone without namespace flags only, whatever the high bits', () => {
    expect(run(x86_64.clone!, 0x3d0f00n)).toBe(allow);
    for (const flag of [
      0x20000n,
      0x02000000n,
      0x04000000n,
      0x08000000n,
      0x10000000n,
      0x20000000n,
      0x40000000n,
    ]) {
      expect(run(x86_64.clone!, flag)).toBe(errno(1));
      expect(run(x86_64.clone!, flag | (1n << 40n))).toBe(errno(1));
    }
  });

  it('refuses AF_ALG and AF_VSOCK sockets, with high bits set too, and no other family', () => {
    for (let family = 0n; family < 48n; family++) {
      const denied = family === 38n || family === 40n;
      expect([family, run(x86_64.socket!, family)]).toEqual([family, denied ? errno(1) : allow]);
      if (denied) expect(run(x86_64.socket!, family | (1n << 32n))).toBe(errno(1));
    }
  });

  it('makes no socket through i386 socketcall, and lets its other calls be', () => {
    const i386 = (...args: bigint[]): number =>
      runFilter(program, { number: x86.socketcall!, architecture: I386, args }).value;
    expect(i386(1n)).toBe(errno(38));
    expect(i386(0n)).toBe(allow);
    for (let call = 2n; call <= 20n; call++) expect(i386(call)).toBe(allow);
  });

  it('allows the five harmless personalities', () => {
    for (const value of [0n, 8n, 0x20000n, 0x20008n, 0xffffffffn])
      expect(run(x86_64.personality!, value)).toBe(allow);
    for (const value of [0x40000n, 1n, 0x0400000n, 0xffffffffffn])
      expect(run(x86_64.personality!, value)).toBe(errno(1));
  });

  it('decides x32 calls by their own numbers', () => {
    expect(run(0x40000000 + x32.getpid!)).toBe(allow);
    expect(run(0x40000000 + x32.rt_sigaction!)).toBe(allow);
    expect(run(0x40000000 + x86_64.rt_sigaction!)).toBe(errno(1));
    expect(run(0x40000000 + x32.mount!)).toBe(errno(1));
    expect(run(0xffffffff)).toBe(errno(38));
  });

  it('opens calls with their capability', () => {
    const open = resolveDefaultProfile({ machine: 'x64', capabilities: capabilityNames });
    const code = decodeBpf(compileSeccomp(open, 'x64'));
    for (const name of [
      'mount',
      'clone3',
      'unshare',
      'reboot',
      'bpf',
      'pidfd_getfd',
      'vhangup',
      'open_by_handle_at',
    ]) {
      expect([name, runFilter(code, { number: x86_64[name]!, architecture: X86_64 }).value]).toEqual([
        name,
        allow,
      ]);
    }
    expect(runFilter(code, { number: x86_64.clone!, architecture: X86_64, args: [0x10000000n] }).value).toBe(
      allow,
    );
  });

  it('takes few steps for any call', () => {
    const steps = Object.values(x86_64).map(
      (number) => runFilter(program, { number, architecture: X86_64 }).steps,
    );
    expect(Math.max(...steps)).toBeLessThan(60);
    expect(program.length).toBeLessThan(1000);
  });
});

describe('any profile', () => {
  const names = Object.keys(x86_64);
  const word = fc.oneof(
    fc.bigInt(0n, 0xffn),
    fc.bigInt(0n, (1n << 64n) - 1n),
    fc.constantFrom(0n, 1n << 32n, (1n << 32n) - 1n, (1n << 64n) - 1n),
  );
  const arg: fc.Arbitrary<OciSeccompArg> = fc.record({
    index: fc.integer({ min: 0, max: 5 }),
    value: word,
    valueTwo: word,
    op: fc.constantFrom(
      'SCMP_CMP_NE',
      'SCMP_CMP_LT',
      'SCMP_CMP_LE',
      'SCMP_CMP_EQ',
      'SCMP_CMP_GE',
      'SCMP_CMP_GT',
      'SCMP_CMP_MASKED_EQ',
    ),
  });
  const action = fc.constantFrom(
    'SCMP_ACT_KILL_PROCESS',
    'SCMP_ACT_TRAP',
    'SCMP_ACT_ERRNO',
    'SCMP_ACT_LOG',
    'SCMP_ACT_ALLOW',
  );
  const rule = fc.record({
    names: fc.array(fc.constantFrom(...names.slice(0, 40), 'no_such_call'), { minLength: 1, maxLength: 12 }),
    action,
    errnoRet: fc.integer({ min: 0, max: 4095 }),
    args: fc.array(arg, { maxLength: 3 }),
  });

  it('is decided as its rules say, for any number and arguments', () => {
    fc.assert(
      fc.property(
        fc.record({ defaultAction: action, syscalls: fc.array(rule, { maxLength: 12 }) }),
        fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.nat(0x3fffffff)), {
          minLength: 5,
          maxLength: 20,
        }),
        fc.array(word, { minLength: 6, maxLength: 6 }),
        (profile, numbers, args) => {
          const program = decodeBpf(compileSeccomp(profile, 'x64'));
          const near = profile.syscalls.flatMap((one) =>
            (one.args ?? []).map((condition) => [condition.index, condition.value] as const),
          );
          for (const number of [
            ...numbers,
            ...profile.syscalls.flatMap((one) => one.names.map((name) => x86_64[name] ?? 0)),
          ]) {
            for (const [index, value] of [[0, args[0]!] as const, ...near]) {
              const given = args.with(index, BigInt(value));
              expect(runFilter(program, { number, architecture: X86_64, args: given }).value).toBe(
                expected(profile, x86_64, number, given),
              );
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('jumps over blocks longer than 255 instructions', () => {
    const syscalls = names.slice(0, 200).map(
      (name, position): OciSeccompRule => ({
        names: [name],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: position % 6, value: BigInt(position) << 20n, op: 'SCMP_CMP_EQ' }],
      }),
    );
    const profile: OciSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls };
    const program = decodeBpf(compileSeccomp(profile, 'x64'));
    expect(program.length).toBeGreaterThan(1000);
    names.slice(0, 200).forEach((name, position) => {
      const args = [0n, 0n, 0n, 0n, 0n, 0n].with(position % 6, BigInt(position) << 20n);
      const number = x86_64[name]!;
      expect(runFilter(program, { number, architecture: X86_64, args }).value).toBe(allow);
      const wrong = args.with(position % 6, args[position % 6]! + 1n);
      expect(runFilter(program, { number, architecture: X86_64, args: wrong }).value).toBe(errno(1));
    });
  });

  it('that is too large for the kernel is refused', () => {
    const args = [0, 1, 2, 3, 4, 5].map((index): OciSeccompArg => ({ index, value: 7, op: 'SCMP_CMP_GT' }));
    const syscalls = names.map(
      (name, position): OciSeccompRule => ({
        names: [name],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: position,
        args,
      }),
    );
    expect(() => compileSeccomp({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }, 'x64')).toThrow(
      /instructions/,
    );
  });

  it('with x32 listed decides x32 numbers by name', () => {
    const profile: OciSeccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
      syscalls: [{ names: ['rt_sigaction', 'read'], action: 'SCMP_ACT_ALLOW' }],
    };
    const program = decodeBpf(compileSeccomp(profile, 'x64'));
    const run = (number: number): number => runFilter(program, { number, architecture: X86_64 }).value;
    expect(run(0x40000000 + x32.rt_sigaction!)).toBe(allow);
    expect(run(0x40000000 + 13)).toBe(errno(1));
    expect(run(13)).toBe(allow);
  });
});
