import { TcomposeError } from '../../errors.ts';
import type { OciDeviceRule } from '../spec/oci-types.ts';

/** eBPF opcodes used here (Documentation/bpf/standardization/instruction-set.rst). */
const op = {
  loadWord: 0x61,
  move: 0xbf,
  moveImmediate: 0xb7,
  andImmediate: 0x57,
  shiftRight: 0x77,
  jumpNotEqual: 0x55,
  jump: 0x05,
  jumpSet: 0x45,
  exit: 0x95,
} as const;

/** BPF_DEVCG_* of linux/bpf.h: the context's first word is access << 16 | type. */
const accessBits: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const typeNumbers = { b: 1, c: 2 } as const;

/** Registers: r1 context, r2 type, r3 access bits not yet allowed, r4 major, r5 minor. */
interface Instruction {
  readonly code: number;
  readonly dst?: number;
  readonly src?: number;
  readonly off?: number;
  readonly imm?: number;
}

/**
 * A BPF_PROG_TYPE_CGROUP_DEVICE program for rules of which later ones take precedence: it evaluates them from the last
 * to the first. An allowing rule removes its bits from the requested access until none are left (1, allowed), a denying
 * one ends it (0), and so does the end of the list. Struct bpf_insn[] as bytes, little-endian.
 */
export function deviceFilter(rules: readonly OciDeviceRule[]): Uint8Array {
  const program: Instruction[] = [
    { code: op.loadWord, dst: 2, src: 1, off: 0 },
    { code: op.move, dst: 3, src: 2 },
    { code: op.shiftRight, dst: 3, imm: 16 },
    { code: op.andImmediate, dst: 2, imm: 0xffff },
    { code: op.loadWord, dst: 4, src: 1, off: 4 },
    { code: op.loadWord, dst: 5, src: 1, off: 8 },
  ];
  for (const rule of [...rules].reverse()) program.push(...ruleCode(rule));
  program.push({ code: op.moveImmediate, dst: 0, imm: 0 }, { code: op.exit });
  return encode(program);
}

function ruleCode(rule: OciDeviceRule): Instruction[] {
  const access = accessMask(rule.access);
  const action: Instruction[] = rule.allow
    ? [
        { code: op.andImmediate, dst: 3, imm: ~access },
        { code: op.jumpNotEqual, dst: 3, imm: 0, off: 2 },
        { code: op.moveImmediate, dst: 0, imm: 1 },
        { code: op.exit },
      ]
    : [
        { code: op.jumpSet, dst: 3, imm: access, off: 1 },
        { code: op.jump, off: 2 },
        { code: op.moveImmediate, dst: 0, imm: 0 },
        { code: op.exit },
      ];
  const tests: { dst: number; imm: number }[] = [];
  if (rule.type === 'b' || rule.type === 'c') tests.push({ dst: 2, imm: typeNumbers[rule.type] });
  if (rule.major !== undefined && rule.major >= 0) tests.push({ dst: 4, imm: rule.major });
  if (rule.minor !== undefined && rule.minor >= 0) tests.push({ dst: 5, imm: rule.minor });
  return [
    ...tests.map(
      ({ dst, imm }, index): Instruction => ({
        code: op.jumpNotEqual,
        dst,
        imm,
        off: tests.length - index - 1 + action.length,
      }),
    ),
    ...action,
  ];
}

function accessMask(access: string | undefined): number {
  let mask = 0;
  for (const letter of access || 'rwm') {
    const bit = accessBits[letter];
    if (bit === undefined)
      throw new TcomposeError(
        'RUNTIME_DEVICE',
        `device access "${access}" consists of other letters than r, w and m`,
      );
    mask |= bit;
  }
  return mask;
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, dst = 0, src = 0, off = 0, imm = 0 }, index) => {
    view.setUint8(index * 8, code);
    view.setUint8(index * 8 + 1, dst | (src << 4));
    view.setInt16(index * 8 + 2, off, true);
    view.setInt32(index * 8 + 4, imm, true);
  });
  return bytes;
}
