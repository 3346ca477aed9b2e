import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protocolSeeds, storedInputs } from '../../support/native-seeds.ts';

const directory = process.env.TCOMPOSE_TEST_FUZZ;
if (directory === undefined)
  console.log('skipped: the fuzz targets are built by scripts/test-native.sh only');

describe.skipIf(directory === undefined)("the frames' decoders in C", () => {
  it('survive cut-off and damaged frames under the sanitizers', () => {
    const parts = storedInputs('protocol');
    for (const whole of protocolSeeds()) {
      for (const [at, value, cut] of fc.sample(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.boolean()), 10)) {
        const damaged = Buffer.from(cut ? whole.subarray(0, 1 + (at % whole.length)) : whole);
        if (!cut) damaged[at % whole.length] = value;
        const size = Buffer.alloc(4);
        size.writeUInt32LE(damaged.length);
        parts.push(size, damaged);
      }
    }
    const { status, stdout, stderr } = spawnSync(join(directory!, 'protocol-fuzz'), {
      input: Buffer.concat(parts),
      maxBuffer: 64 << 20,
    });
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(new RegExp(`^${parts.length / 2} inputs, [1-9]\\d* accepted\\n$`));
  });
});
