import { describe, expect, it } from 'vitest';
import { machinePlatform } from '../../../../src/image/host/machine-platform.ts';
import { formatPlatform } from '../../../../src/image/platform.ts';

const v2 = 'cx16 lahf_lm popcnt pni ssse3 sse4_1 sse4_2';
const v3 = `${v2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave`;
const v4 = `${v3} avx512f avx512bw avx512cd avx512dq avx512vl`;

describe('the platform of a machine', () => {
  it.each([
    ['amd64', 'fpu sse2', 'linux/amd64'],
    ['amd64', v2, 'linux/amd64/v2'],
    ['amd64', v3, 'linux/amd64/v3'],
    ['amd64', v4, 'linux/amd64/v4'],
    ['amd64', v4.replace('popcnt', ''), 'linux/amd64'],
    ['arm64', 'fp asimd', 'linux/arm64/v8'],
    ['riscv64', '', 'linux/riscv64'],
  ])('%s with the flags "%s" is %s', (architecture, flags, shown) =>
    expect(
      formatPlatform(machinePlatform(architecture, `processor\t: 0\nflags\t\t: ${flags}\nbugs\t\t:\n`)),
    ).toBe(shown),
  );

  it('is told without /proc/cpuinfo', () =>
    expect(formatPlatform(machinePlatform('amd64', ''))).toBe('linux/amd64'));
});
