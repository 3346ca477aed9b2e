import { describe, expect, it } from 'vitest';
import type { Service } from '../../../../src/compose/model/service.ts';
import { decideImage, type LocalImage, pullRule } from '../../../../src/project/images/pull-policy.ts';

const hour = 3_600_000;

it.each([
  [undefined, { kind: 'missing' }],
  ['missing', { kind: 'missing' }],
  ['if_not_present', { kind: 'missing' }],
  ['always', { kind: 'always' }],
  ['never', { kind: 'never' }],
  ['build', { kind: 'build' }],
  ['daily', { kind: 'refresh', afterMs: 24 * hour }],
  ['weekly', { kind: 'refresh', afterMs: 168 * hour }],
  ['every_1w2d3h4m5s', { kind: 'refresh', afterMs: (168 + 48 + 3) * hour + 245_000 }],
  ['every_x', { kind: 'missing' }],
  ['refresh', { kind: 'always' }],
] as const)('policy %s', (policy, rule) => expect(pullRule(policy)).toEqual(rule));

it('refresh goes by pull_refresh_after', () =>
  expect(pullRule('refresh', '2h')).toEqual({ kind: 'refresh', afterMs: 2 * hour }));

describe('an image', () => {
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const arm64 = { os: 'linux', architecture: 'arm64' };
  const here = (lastTagMs = 0, platform = amd64): LocalImage => ({
    id: 'sha256:1',
    facts: { platform, lastTagMs },
  });
  const service = (more: Partial<Service> = {}): Service => ({ name: 's', image: 'i', ...more }) as Service;
  const decide = (
    given: Service,
    local: LocalImage | undefined,
    options: { override?: string; canPull?: boolean; nowMs?: number; wanted?: typeof amd64 } = {},
  ) =>
    decideImage(given, local, options.wanted, {
      override: options.override,
      canPull: options.canPull ?? true,
      nowMs: options.nowMs ?? 0,
    });
  const build = { context: '.' };

  it('that is here is used, one that is not is pulled', () => {
    expect(decide(service(), here())).toEqual({ kind: 'use' });
    expect(decide(service(), undefined)).toMatchObject({ kind: 'pull', cause: 'it is not on this machine' });
    expect(decide(service({ pull_policy: 'never' }), undefined)).toMatchObject({ kind: 'missing' });
    expect(decide(service(), undefined, { canPull: false })).toMatchObject({ kind: 'missing' });
  });

  it('is pulled whenever the policy says so, the command line before the file', () => {
    const always = service({ pull_policy: 'always' });
    expect(decide(always, here())).toMatchObject({ kind: 'pull', cause: 'its pull policy is always' });
    expect(decide(always, here(), { override: 'missing' })).toEqual({ kind: 'use' });
    expect(decide(service({ pull_policy: 'never' }), here(), { override: 'always' })).toMatchObject({
      kind: 'pull',
      cause: '--pull always was requested',
    });
    expect(decide(always, here(), { canPull: false })).toEqual({ kind: 'use' });
  });

  it('is asked for again after the time of its policy, or when nobody knows when it was', () => {
    const daily = service({ pull_policy: 'daily' });
    expect(decide(daily, here(hour), { nowMs: 24 * hour })).toEqual({ kind: 'use' });
    expect(decide(daily, here(hour), { nowMs: 25 * hour })).toEqual({
      kind: 'pull',
      cause: 'it was last pulled on 1970-01-01T01:00Z, and its pull policy is daily',
      orBuild: false,
    });
    expect(decide(daily, here(0), { nowMs: hour })).toMatchObject({ kind: 'pull' });
  });

  it('of another platform counts as not there', () => {
    const options = { wanted: arm64 };
    expect(decide(service(), here(0, arm64), options)).toEqual({ kind: 'use' });
    expect(decide(service(), here(), options)).toMatchObject({
      kind: 'pull',
      cause: 'the image here is for linux/amd64, but linux/arm64 is needed',
    });
    expect(decide(service({ pull_policy: 'never' }), here(), options)).toMatchObject({ kind: 'missing' });
    expect(decide(service(), { id: 'x', facts: undefined }, options)).toEqual({ kind: 'use' });
  });

  it('that can be built is built without a policy, and pulled before with one', () => {
    expect(decide(service({ build }), undefined)).toMatchObject({ kind: 'build' });
    expect(decide(service({ build, pull_policy: 'missing' }), undefined)).toMatchObject({
      kind: 'pull',
      orBuild: true,
    });
    expect(decide(service({ build, pull_policy: 'always' }), here())).toMatchObject({
      kind: 'pull',
      orBuild: true,
    });
    // Without a name of its own it is in no registry.
    const nameless = { ...service({ build, pull_policy: 'always' }), image: undefined } as unknown as Service;
    expect(decide(nameless, undefined)).toMatchObject({ kind: 'build' });
    expect(decide(nameless, here())).toEqual({ kind: 'use' });
    expect(decide(service({ build, pull_policy: 'build' }), here())).toMatchObject({ kind: 'build' });
    expect(decide(service({ pull_policy: 'build' }), here())).toEqual({ kind: 'use' });
    expect(decide(service({ pull_policy: 'build' }), undefined)).toMatchObject({ kind: 'missing' });
  });
});
