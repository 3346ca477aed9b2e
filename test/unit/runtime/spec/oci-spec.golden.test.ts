import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildLaunchPlan } from '../../../../src/runtime/launch/build-launch-plan.ts';
import { formatLaunchPlan } from '../../../../src/runtime/launch/plan-codec.ts';
import { generateSpec, specWarnings } from '../../../../src/runtime/spec/oci-spec.ts';
import type { OciSpec } from '../../../../src/runtime/spec/oci-types.ts';
import type { SpecInput } from '../../../../src/runtime/spec/spec-input.ts';
import { machineV1, machineV2, specInput } from '../machines.ts';

/**
 * fixtures/oci-spec/<case>/input.json: what differs from the smallest request, and `cgroups: "v1" | "v2"`.
 * Expected beside it: config.json (the seccomp rules reduced to a count) and plan.txt. UPDATE_GOLDEN=1 writes them.
 */
const fixtures = join(import.meta.dirname, '../../../../fixtures/oci-spec');

interface Case extends Partial<SpecInput> {
  readonly cgroups?: 'v1' | 'v2';
}

function readable(spec: OciSpec): unknown {
  const { seccomp } = spec.linux;
  if (seccomp === undefined) return spec;
  return {
    ...spec,
    linux: { ...spec.linux, seccomp: { ...seccomp, syscalls: `${seccomp.syscalls?.length} rules` } },
  };
}

function agree(path: string, actual: string): void {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, actual);
  expect(existsSync(path), `${path} is missing; UPDATE_GOLDEN=1 writes it`).toBe(true);
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

describe('golden OCI specs and launch plans', () => {
  it.each(readdirSync(fixtures))('%s', (name) => {
    const folder = join(fixtures, name);
    const { cgroups, ...more } = JSON.parse(readFileSync(join(folder, 'input.json'), 'utf8')) as Case;
    const machine = { ...(cgroups === 'v2' ? machineV2 : machineV1), ...more.machine };
    const input = specInput({ ...more, machine });
    const spec = generateSpec(input);
    const warnings = specWarnings(input);
    const text = JSON.stringify({ spec: readable(spec), warnings }, null, 2);
    agree(join(folder, 'config.json'), `${text}\n`);
    const plan = buildLaunchPlan(spec, {
      id: input.id,
      runDir: '/run/tcompose/c/1',
      stdio: { tty: input.config.Tty ?? false, rows: 0, columns: 0, stdin: false, stdinOnce: false },
      rootfs: {
        kind: 'overlay',
        lowerDirs: ['/lib/layers/b', '/lib/layers/a'],
        upper: '/lib/c/1/upper',
        work: '/lib/c/1/work',
        mountPoint: '/lib/c/1/root',
      },
      machine,
      init: input.hostConfig.Init ?? false,
    });
    agree(join(folder, 'plan.txt'), `${formatLaunchPlan(plan).trimEnd()}\n`);
  });
});
