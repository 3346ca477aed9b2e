import { readFileSync } from 'node:fs';
import type { Platform } from '../ingest-types.ts';

/**
 * Flags of /proc/cpuinfo that each level of amd64 adds to the one before (System V ABI, x86-64 psABI,
 * micro-architecture levels).
 */
const levels: readonly (readonly string[])[] = [
  ['cx16', 'lahf_lm', 'popcnt', 'pni', 'ssse3', 'sse4_1', 'sse4_2'],
  ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'xsave'],
  ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'],
];

/** A machine's platform with its variant, in dockerd's form: `v3` of amd64, `v8` of arm64. Pure. */
export function machinePlatform(architecture: string, cpuinfo: string): Platform {
  const plain = { os: 'linux', architecture };
  if (architecture === 'arm64') return { ...plain, variant: 'v8' };
  if (architecture !== 'amd64') return plain;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(' '));
  const first = levels.findIndex((level) => !level.every((flag) => flags.has(flag)));
  const level = (first < 0 ? levels.length : first) + 1;
  return level === 1 ? plain : { ...plain, variant: `v${level}` };
}

let flagsHere: string | undefined;

/** The platform of this machine with its variant: the best that it can run, where nobody asks for a platform. */
export function platformHere(architecture: string): Platform {
  if (architecture !== 'amd64') return machinePlatform(architecture, '');
  flagsHere ??= firstFlags();
  return machinePlatform(architecture, flagsHere);
}

/** The line of flags of the first processor. */
function firstFlags(): string {
  try {
    return /^flags\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
  } catch {
    return '';
  }
}
