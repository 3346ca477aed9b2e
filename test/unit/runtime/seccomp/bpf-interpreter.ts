import { type BpfInstruction, bpf } from '../../../../src/runtime/seccomp/bpf.ts';

export interface SeccompCall {
  readonly number: number;
  readonly architecture: number;
  readonly args?: readonly bigint[];
}

/** Runs a filter as the kernel does, refusing what its verifier refuses; gives the return value and the steps taken. */
export function runFilter(
  program: readonly BpfInstruction[],
  call: SeccompCall,
): { value: number; steps: number } {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  for (const [index, value] of (call.args ?? []).entries()) {
    data.setBigUint64(16 + index * 8, BigInt.asUintN(64, value), true);
  }
  let accumulator = 0;
  let position = 0;
  for (let steps = 1; ; steps++) {
    const instruction = program[position];
    if (instruction === undefined) throw new Error(`fell off the program at ${position}`);
    position++;
    const { code, k, jt, jf } = instruction;
    if (code === bpf.return) return { value: k, steps };
    if (code === bpf.load) {
      if (k % 4 !== 0 || k > 60) throw new Error(`load of offset ${k}`);
      accumulator = data.getUint32(k, true);
    } else if (code === bpf.and) accumulator = (accumulator & k) >>> 0;
    else if (code === bpf.jumpAlways) position += k;
    else if (code === bpf.jumpEqual) position += accumulator === k ? jt : jf;
    else if (code === bpf.jumpGreater) position += accumulator > k ? jt : jf;
    else if (code === bpf.jumpGreaterEqual) position += accumulator >= k ? jt : jf;
    else throw new Error(`opcode ${code}`);
  }
}
