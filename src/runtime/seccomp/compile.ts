import { TcomposeError } from '../../errors.ts';
import type { OciSeccomp, OciSeccompRule } from '../spec/oci-types.ts';
import { actionValue, errnoENOSYS, killProcess } from './actions.ts';
import { architectureOf, type FilterArchitecture, nativeArchitecture } from './architectures.ts';
import { whenAll } from './arguments.ts';
import {
  type BpfInstruction,
  bpf,
  branch,
  dataOffset,
  encodeBpf,
  load,
  maxInstructions,
  ret,
} from './bpf.ts';

/** Calls with a number ≥ `from` (up to the next range) run `code`. */
interface NumberRange {
  readonly from: number;
  readonly code: readonly BpfInstruction[];
}

/** x86-64 calls with this bit are the x32 interface's (arch/x86/include/uapi/asm/unistd.h). */
const x32Bit = 0x40000000;

/**
 * Compiles `linux.seccomp` to a filter program (struct sock_filter[]). For each call the first matching rule decides; a
 * rule whose conditions name an argument twice matches when any condition holds, otherwise when all do (as runc
 * interprets the format). If the default is an errno, calls beyond the last one that the profile names give ENOSYS, so
 * that programs fall back as on an older kernel. A call through an interface that is not listed kills the process.
 * Throws RUNTIME_SECCOMP.
 */
export function compileSeccomp(seccomp: OciSeccomp, machine: 'x64' | 'arm64'): Uint8Array {
  const architectures = filterArchitectures(seccomp, machine);
  const withX32 = architectures.some((architecture) => architecture.name === 'SCMP_ARCH_X32');
  let program: BpfInstruction[] = [ret(killProcess)];
  for (const architecture of architectures.filter(({ name }) => name !== 'SCMP_ARCH_X32').reverse()) {
    const ranges = numberRanges(seccomp, architecture, 0);
    if (architecture.name === 'SCMP_ARCH_X86_64') {
      if (withX32) ranges.push(...numberRanges(seccomp, architectureOf('SCMP_ARCH_X32')!, x32Bit));
      else ranges.push({ from: x32Bit, code: [ret(actionValue('SCMP_ACT_ERRNO', errnoENOSYS))] });
    }
    const section = [load(dataOffset.number), ...searchTree(mergeEqual(ranges))];
    program = branch(bpf.jumpEqual, architecture.auditArchitecture, section, program);
  }
  const complete = [load(dataOffset.architecture), ...program];
  if (complete.length > maxInstructions) {
    throw new TcomposeError(
      'RUNTIME_SECCOMP',
      `the seccomp profile compiles to ${complete.length} instructions, the kernel takes ${maxInstructions}`,
      { hint: 'Use fewer rules with conditions, or fewer architectures.' },
    );
  }
  return encodeBpf(complete);
}

function filterArchitectures(seccomp: OciSeccomp, machine: 'x64' | 'arm64'): FilterArchitecture[] {
  const native = nativeArchitecture(machine);
  const found = [native];
  for (const name of seccomp.architectures ?? []) {
    const architecture = architectureOf(name);
    if (architecture?.machine === machine && !found.includes(architecture)) found.push(architecture);
  }
  return found;
}

function numberRanges(seccomp: OciSeccomp, architecture: FilterArchitecture, bit: number): NumberRange[] {
  const byNumber = new Map<number, OciSeccompRule[]>();
  let last = -1;
  for (const rule of seccomp.syscalls ?? []) {
    for (const name of rule.names) {
      const number = Object.hasOwn(architecture.numbers, name) ? architecture.numbers[name] : undefined;
      if (number === undefined) continue;
      last = Math.max(last, number);
      const rules = byNumber.get(number);
      if (rules === undefined) byNumber.set(number, [rule]);
      else rules.push(rule);
    }
  }
  const otherwise = ret(actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet));
  const ranges: NumberRange[] = [{ from: bit, code: [otherwise] }];
  for (const number of [...byNumber.keys()].sort((a, b) => a - b)) {
    ranges.push({ from: bit + number, code: decide(byNumber.get(number)!, otherwise) });
    ranges.push({ from: bit + number + 1, code: [otherwise] });
  }
  if (seccomp.defaultAction === 'SCMP_ACT_ERRNO' && last >= 0) {
    ranges.push({ from: bit + last + 1, code: [ret(actionValue('SCMP_ACT_ERRNO', errnoENOSYS))] });
  }
  return ranges;
}

/** The rules of one call, in order, up to the first without conditions. */
function decide(rules: readonly OciSeccompRule[], otherwise: BpfInstruction): BpfInstruction[] {
  const code: BpfInstruction[] = [];
  for (const rule of rules) {
    const then = [ret(actionValue(rule.action, rule.errnoRet))];
    const conditions = rule.args ?? [];
    if (conditions.length === 0) return [...code, ...then];
    const distinct = new Set(conditions.map(({ index }) => index)).size === conditions.length;
    for (const group of distinct ? [conditions] : conditions.map((one) => [one])) {
      code.push(...whenAll(group, then));
    }
  }
  return [...code, otherwise];
}

/** Sorted ranges without empty ones, and with neighbours of equal code merged. */
function mergeEqual(ranges: readonly NumberRange[]): NumberRange[] {
  const merged: NumberRange[] = [];
  for (const [index, range] of ranges.entries()) {
    const next = ranges[index + 1];
    if (next !== undefined && next.from <= range.from) continue;
    const before = merged.at(-1);
    if (before === undefined || !sameCode(before.code, range.code)) merged.push(range);
  }
  return merged;
}

function sameCode(a: readonly BpfInstruction[], b: readonly BpfInstruction[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index]!;
      return one.code === other.code && one.jt === other.jt && one.jf === other.jf && one.k === other.k;
    })
  );
}

/** Balanced search: about log2(ranges) comparisons for each call. */
function searchTree(ranges: readonly NumberRange[]): BpfInstruction[] {
  if (ranges.length === 1) return [...ranges[0]!.code];
  const middle = ranges.length >> 1;
  return branch(
    bpf.jumpGreaterEqual,
    ranges[middle]!.from,
    searchTree(ranges.slice(middle)),
    searchTree(ranges.slice(0, middle)),
  );
}
