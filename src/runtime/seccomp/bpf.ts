/**
 * Classic BPF for seccomp (Documentation/networking/filter.rst, seccomp(2)): instructions that read `struct
 * seccomp_data {nr, arch, instruction_pointer, args[6]}`, little-endian on every machine that is supported.
 */
export interface BpfInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  /** Unsigned 32 bits. */
  readonly k: number;
}

/** Opcodes that the compiler emits (linux/bpf_common.h, linux/filter.h). */
export const bpf = {
  /** A = u32 at offset k. */
  load: 0x20,
  /** A &= k. */
  and: 0x54,
  jumpAlways: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterEqual: 0x35,
  return: 0x06,
} as const;

/** BPF_MAXINSNS: the kernel's limit. */
export const maxInstructions = 4096;

/** Offsets in struct seccomp_data. */
export const dataOffset = {
  number: 0,
  architecture: 4,
  argumentLow: (index: number): number => 16 + 8 * index,
  argumentHigh: (index: number): number => 20 + 8 * index,
} as const;

/** Loads 4 bytes of seccomp_data into the accumulator. */
export function load(offset: number): BpfInstruction {
  return { code: bpf.load, jt: 0, jf: 0, k: offset };
}

/** Ends the program with an action. */
export function ret(value: number): BpfInstruction {
  return { code: bpf.return, jt: 0, jf: 0, k: value };
}

/**
 * `if (A <test> k) yes else no`, where both blocks end in a return. `no` comes first; `yes` is reached by the 8-bit
 * jump field if it fits, otherwise by a 32-bit jump.
 */
export function branch(
  code: number,
  k: number,
  yes: readonly BpfInstruction[],
  no: readonly BpfInstruction[],
): BpfInstruction[] {
  if (no.length <= 255) return [{ code, jt: no.length, jf: 0, k }, ...no, ...yes];
  return [{ code, jt: 0, jf: 1, k }, { code: bpf.jumpAlways, jt: 0, jf: 0, k: no.length }, ...no, ...yes];
}

/** struct sock_filter[]: u16 code, u8 jt, u8 jf, u32 k for each. */
export function encodeBpf(program: readonly BpfInstruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach((instruction, index) => {
    view.setUint16(index * 8, instruction.code, true);
    view.setUint8(index * 8 + 2, instruction.jt);
    view.setUint8(index * 8 + 3, instruction.jf);
    view.setUint32(index * 8 + 4, instruction.k, true);
  });
  return bytes;
}

/** The instructions of an assembled program. */
export function decodeBpf(bytes: Uint8Array): BpfInstruction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 8 }, (_, index) => ({
    code: view.getUint16(index * 8, true),
    jt: view.getUint8(index * 8 + 2),
    jf: view.getUint8(index * 8 + 3),
    k: view.getUint32(index * 8 + 4, true),
  }));
}
