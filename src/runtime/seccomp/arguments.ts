import type { OciSeccompArg } from '../spec/oci-types.ts';
import { type BpfInstruction, bpf, dataOffset, load } from './bpf.ts';

/** A jump whose target is known only when the whole rule is: past the condition, or past the rule. */
type Target = number | 'pass' | 'fail';

interface OpenInstruction {
  readonly code: number;
  readonly jt: Target;
  readonly jf: Target;
  readonly k: number;
}

/**
 * Code that falls through to `then` when all conditions hold and otherwise jumps just past it. Arguments are compared
 * as unsigned 64-bit values, high word first, as in libseccomp on 64-bit machines.
 */
export function whenAll(
  conditions: readonly OciSeccompArg[],
  then: readonly BpfInstruction[],
): BpfInstruction[] {
  const blocks = conditions.map(condition);
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const code: BpfInstruction[] = [];
  for (const block of blocks) {
    const blockEnd = code.length + block.length;
    for (const open of block) {
      const next = code.length + 1;
      const resolve = (target: Target): number => {
        if (target === 'pass') return blockEnd - next;
        if (target === 'fail') return total + then.length - next;
        return target;
      };
      code.push({ code: open.code, jt: resolve(open.jt), jf: resolve(open.jf), k: open.k });
    }
  }
  return [...code, ...then];
}

function condition(arg: OciSeccompArg): OpenInstruction[] {
  const [high, low] = words(arg.value);
  const loadHigh = load(dataOffset.argumentHigh(arg.index));
  const loadLow = load(dataOffset.argumentLow(arg.index));
  const test = (code: number, k: number, jt: Target, jf: Target): OpenInstruction => ({ code, jt, jf, k });
  switch (arg.op) {
    case 'SCMP_CMP_EQ':
      return [
        loadHigh,
        test(bpf.jumpEqual, high, 0, 'fail'),
        loadLow,
        test(bpf.jumpEqual, low, 'pass', 'fail'),
      ];
    case 'SCMP_CMP_NE':
      return [
        loadHigh,
        test(bpf.jumpEqual, high, 0, 'pass'),
        loadLow,
        test(bpf.jumpEqual, low, 'fail', 'pass'),
      ];
    case 'SCMP_CMP_GT':
    case 'SCMP_CMP_GE':
      return [
        loadHigh,
        test(bpf.jumpGreater, high, 'pass', 0),
        test(bpf.jumpEqual, high, 0, 'fail'),
        loadLow,
        test(arg.op === 'SCMP_CMP_GT' ? bpf.jumpGreater : bpf.jumpGreaterEqual, low, 'pass', 'fail'),
      ];
    case 'SCMP_CMP_LT':
    case 'SCMP_CMP_LE':
      return [
        loadHigh,
        test(bpf.jumpGreater, high, 'fail', 0),
        test(bpf.jumpEqual, high, 0, 'pass'),
        loadLow,
        test(arg.op === 'SCMP_CMP_LT' ? bpf.jumpGreaterEqual : bpf.jumpGreater, low, 'fail', 'pass'),
      ];
    case 'SCMP_CMP_MASKED_EQ': {
      const [wantHigh, wantLow] = words(arg.valueTwo ?? 0);
      const mask = (k: number): OpenInstruction => ({ code: bpf.and, jt: 0, jf: 0, k });
      return [
        loadHigh,
        mask(high),
        test(bpf.jumpEqual, wantHigh, 0, 'fail'),
        loadLow,
        mask(low),
        test(bpf.jumpEqual, wantLow, 'pass', 'fail'),
      ];
    }
  }
}

function words(value: number | bigint): readonly [high: number, low: number] {
  const wide = BigInt.asUintN(64, BigInt(value));
  return [Number(wide >> 32n), Number(wide & 0xffffffffn)];
}
