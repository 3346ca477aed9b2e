import { describe, expect, it } from 'vitest';
import { type BpfInstruction, decodeBpf } from '../../../../src/runtime/seccomp/bpf.ts';
import { compileSeccomp } from '../../../../src/runtime/seccomp/compile.ts';
import { x86, x86_64 } from '../../../../src/runtime/seccomp/generated/syscalls.ts';
import { resolveDefaultProfile } from '../../../../src/runtime/seccomp/resolve-profile.ts';
import { capabilityNames } from '../../../../src/runtime/spec/capabilities.ts';
import { differences, dockerVerdicts, stricter } from '../../../support/docker-profile.ts';
import { runFilter } from './bpf-interpreter.ts';

const X86_64 = 0xc000003e;
const I386 = 0x40000003;
const personalities = [0, 8, 0x20000, 0x20008, 0xffffffff, 0x40000, 0x400000, 1, 6, 0x28].map(BigInt);

/** The call that a line of the fixture stands for, as filter-probe.c makes it. */
function callOf(name: string, index: number): { number: number; architecture: number; args?: bigint[] } {
  const first = [BigInt(index)];
  switch (name) {
    case 'native':
      return { number: index, architecture: X86_64 };
    case 'x32':
      return { number: 0x40000000 + index, architecture: X86_64 };
    case 'i386':
      return { number: index, architecture: I386 };
    case 'socketcall':
      return { number: x86.socketcall!, architecture: I386, args: first };
    case 'i386-socket':
      return { number: x86.socket!, architecture: I386, args: first };
    case 'personality':
      return {
        number: x86_64.personality!,
        architecture: X86_64,
        args: [personalities[index] ?? (1n << 64n) - 1n],
      };
    case 'socket':
      return { number: x86_64.socket!, architecture: X86_64, args: first };
    case 'clone-flag':
      return { number: x86_64.clone!, architecture: X86_64, args: [1n << first[0]!] };
  }
  throw new Error(`the fixture has ${name}`);
}

function verdictOf(program: readonly BpfInstruction[], key: string): string {
  const [name = '', index] = key.split(' ');
  const { value } = runFilter(program, callOf(name, Number(index)));
  return value === 0x7fff0000 ? 'allow' : String(value - 0x00050000);
}

describe('the default profile', () => {
  it.each(['none', ...capabilityNames])('decides every call as Docker does, with capability %s', (name) => {
    const capabilities = name === 'none' ? [] : [name];
    const program = decodeBpf(compileSeccomp(resolveDefaultProfile({ machine: 'x64', capabilities }), 'x64'));
    const docker = dockerVerdicts(name);
    expect(docker.size).toBeGreaterThan(1500);
    const found = new Map([...docker.keys()].map((key) => [key, verdictOf(program, key)]));
    expect(differences(found, new Map([...docker, ...stricter]))).toEqual([]);
  });
});
