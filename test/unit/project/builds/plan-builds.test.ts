import { expect, it } from 'vitest';
import type { Project } from '../../../../src/compose/model/project.ts';
import { planBuilds } from '../../../../src/project/builds/plan-builds.ts';

const warningsOf = (build: Record<string, unknown>): readonly string[] => {
  const project = { name: 'p', services: { web: { name: 'web', build: { context: '/c', ...build } } } };
  const [one] = planBuilds(
    project as unknown as Project,
    ['web'],
    {} as Parameters<typeof planBuilds>[2],
    new Map(),
  );
  return one!.warnings;
};

it('warns of attestations that are asked for, and of none that are not', () => {
  expect(warningsOf({ provenance: 'mode=max', sbom: 'true' })).toEqual([
    'build.provenance of service web is not supported',
    'build.sbom of service web is not supported',
  ]);
  expect(warningsOf({ provenance: 'false', sbom: 'false', privileged: false, entitlements: [] })).toEqual([]);
});
