import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLaunchPlan, formatLaunchPlan } from '../../../src/runtime/launch/plan-codec.ts';
import { planVersion } from '../../../src/runtime/launch/plan-fields.ts';
import { launchPlanArbitrary } from '../../support/launch-plan-arbitrary.ts';
import { storedInputs } from '../../support/native-seeds.ts';
import { callShim, shimBinary } from '../../support/shim.ts';

if (!process.env.TCOMPOSE_TEST_FUZZ)
  console.log('skipped: damaged plans are tested by scripts/test-native.sh only');
if (!existsSync(shimBinary)) console.log(`skipped: ${shimBinary} is not built`);

describe.skipIf(!existsSync(shimBinary))('the decoder in C', () => {
  it('reads every plan as TypeScript wrote it', () => {
    fc.assert(
      fc.property(launchPlanArbitrary, (plan) => {
        const { status, stdout, stderr } = callShim(['plan-print'], encodeLaunchPlan(plan));
        expect(stderr).toBe('');
        expect(status).toBe(0);
        expect(stdout).toBe(formatLaunchPlan(plan));
      }),
      { numRuns: 150 },
    );
  });

  it('refuses another version by naming both', () => {
    const [plan] = fc.sample(launchPlanArbitrary, 1);
    const data = encodeLaunchPlan(plan!);
    data.writeUInt32LE(77, 4);
    const { status, stderr } = callShim(['plan-print'], data);
    expect(status).toBe(1);
    expect(stderr).toContain(`the launch plan is of version 77, this shim reads ${planVersion}`);
  });

  it.skipIf(!process.env.TCOMPOSE_TEST_FUZZ)(
    'survives cut-off and damaged plans under the sanitizers',
    () => {
      const parts = storedInputs('plan');
      for (const plan of fc.sample(launchPlanArbitrary, 300)) {
        const whole = encodeLaunchPlan(plan);
        for (const [at, value, cut] of fc.sample(
          fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.boolean()),
          30,
        )) {
          const damaged = Buffer.from(cut ? whole.subarray(0, at % whole.length) : whole);
          if (!cut) damaged[at % whole.length] = value;
          // a header that still fits, so that the fields behind it are reached
          if (damaged.length >= 12) whole.copy(damaged, 0, 0, 8);
          if (damaged.length >= 12) damaged.writeUInt32LE(damaged.length, 8);
          const size = Buffer.alloc(4);
          size.writeUInt32LE(damaged.length);
          parts.push(size, damaged);
        }
      }
      const { status, stdout, stderr } = spawnSync(join(process.env.TCOMPOSE_TEST_FUZZ!, 'plan-fuzz'), {
        input: Buffer.concat(parts),
        maxBuffer: 64 << 20,
      });
      expect(stderr.toString()).toBe('');
      expect(status).toBe(0);
      expect(stdout.toString()).toMatch(new RegExp(`^${parts.length / 2} inputs, \\d+ accepted\\n$`));
    },
  );
});
