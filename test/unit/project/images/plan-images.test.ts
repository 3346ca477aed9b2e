import { describe, expect, it } from 'vitest';
import type { Project } from '../../../../src/compose/model/project.ts';
import { type TcomposeError, TcomposeErrors } from '../../../../src/errors.ts';
import { formatPlan } from '../../../../src/project/format-plan.ts';
import { planPull } from '../../../../src/project/images/plan-pull.ts';
import { planPush } from '../../../../src/project/images/plan-push.ts';
import { namedImage, planImages } from '../../../../src/project/images/required-images.ts';
import { inspectedImages } from '../../../../src/project/images/wanted-images.ts';
import type { Observed } from '../../../../src/project/observed.ts';

const project = (services: Record<string, object>): Project =>
  ({
    name: 'p',
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [name, { name, ...service }]),
    ),
    volumes: {},
    networks: {},
  }) as unknown as Project;

const observed = (images: Record<string, string> = {}, facts: Observed['imageFacts'] = new Map()): Observed =>
  ({
    containers: [],
    networks: [],
    volumes: [],
    images: new Map(Object.entries(images)),
    imageFacts: facts,
    fileHashes: new Map(),
  }) as Observed;

const options = { canPull: true, nowMs: 0 };

describe('images before up', () => {
  it('that are not built tell what keeps them from being', () => {
    const plan = (service: object, more: object) => () =>
      planImages(project({ a: { build: { context: '.' }, ...service } }), observed(), {
        ...options,
        ...more,
      });
    expect(plan({}, { noBuild: true })).toThrow(
      'image p-a of service a must be built (it is not on this machine), but --no-build forbids that',
    );
    expect(plan({ pull_policy: 'never' }, {})).toThrow('its pull policy forbids building it now');
  });

  it('say for which platform one is here when another is to be fetched', () => {
    const facts = new Map([['sha256:1', { platform: { os: 'linux', architecture: 'amd64' } }]]);
    const plan = planImages(
      project({ a: { image: 'app', platform: 'linux/arm64' } }),
      observed({ 'app:latest': 'sha256:1' }, facts as unknown as Observed['imageFacts']),
      options,
    );
    expect(plan.steps[0]?.operation).toMatchObject({
      elsewhere: 'app: the image here is for linux/amd64, but linux/arm64 is needed.',
    });
  });

  it('are fetched once a name and platform, with what is mounted and what hooks run', () => {
    const plan = planImages(
      project({
        a: { image: 'nginx' },
        b: { image: 'nginx:latest' },
        c: { image: 'nginx', platform: 'linux/arm64' },
        d: {
          image: 'here',
          volumes: [
            { type: 'image', source: 'data:1', target: '/d' },
            { type: 'image', source: 'data:1', target: '/e' },
          ],
          pre_start: [{ image: 'hook', command: ['x'] }],
        },
        e: { provider: { type: 'x' } },
      }),
      observed({ 'here:latest': 'sha256:1' }),
      options,
    );
    expect(formatPlan(plan)).toBe(`\
1  pull image nginx                  it is not on this machine
2  pull image nginx:latest           it is not on this machine
3  pull image nginx for linux/arm64  it is not on this machine
4  pull image data:1                 it is not on this machine
5  pull image hook                   it is not on this machine
`);
  });

  it('that may not be fetched are named all at once, with what is like them', () => {
    const run = () =>
      planImages(
        project({
          a: { image: 'ngin', pull_policy: 'never' },
          b: { image: 'redis:9', pull_policy: 'never' },
        }),
        observed({ 'nginx:latest': 'sha256:1', 'redis:7': 'sha256:2' }),
        options,
      );
    let thrown: unknown;
    try {
      run();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TcomposeErrors);
    const [a, b] = (thrown as TcomposeErrors).errors as TcomposeError[];
    expect(a!.message).toBe('image ngin of service a is not on this machine, and may not be pulled');
    expect(a!.hint).toContain('nginx:latest');
    expect(b!.hint).toContain('redis:7');
  });

  it('no registry is asked for the built-in image, which is for one platform', () => {
    const facts = new Map([['sha256:1', { platform: { os: 'linux', architecture: 'amd64' }, lastTagMs: 0 }]]);
    const host = (more: object) =>
      planImages(
        project({ a: { image: 'tcompose/host', ...more } }),
        observed({ 'tcompose/host:latest': 'sha256:1' }, facts),
        options,
      );
    expect(host({ pull_policy: 'always' }).steps).toEqual([]);
    expect(host({ platform: 'linux/amd64' }).steps).toEqual([]);
    expect(() => host({ platform: 'linux/arm64' })).toThrow(
      "image tcompose/host of service a can't be used: the image here is for linux/amd64, but linux/arm64 is needed",
    );
  });

  it('a default platform counts for services that name none', () => {
    const facts = new Map([['sha256:1', { platform: { os: 'linux', architecture: 'amd64' }, lastTagMs: 1 }]]);
    const plan = (platform?: string) =>
      planImages(
        project({ a: { image: 'nginx', ...(platform === undefined ? {} : { platform }) } }),
        observed({ 'nginx:latest': 'sha256:1' }, facts),
        { ...options, defaultPlatform: 'linux/arm64' },
      );
    expect(plan().steps[0]?.operation).toMatchObject({ kind: 'pull-image', platform: 'linux/arm64' });
    expect(plan('linux/amd64').steps).toEqual([]);
  });

  it('of one name for several platforms are told apart', () => {
    const platform = (architecture: string) => ({ platform: { os: 'linux', architecture }, lastTagMs: 1 });
    const seen: Observed = {
      ...observed(
        { 'app:1': 'sha256:1' },
        new Map([
          ['sha256:1', platform('amd64')],
          ['sha256:2', platform('arm64')],
        ]),
      ),
      platformImages: new Map([['app:1', ['sha256:1', 'sha256:2']]]),
    };
    const services = project({
      a: { image: 'app:1', pull_policy: 'never' },
      b: { image: 'app:1', platform: 'linux/arm64' },
      c: { image: 'app:1', platform: 'linux/s390x' },
    });
    expect(planImages(services, seen, options).steps.map(({ operation }) => operation)).toEqual([
      expect.objectContaining({ platform: 'linux/s390x' }),
    ]);
    expect(namedImage('app:1', seen, undefined)).toBe('sha256:1');
    expect(namedImage('app:1', seen, 'linux/arm64')).toBe('sha256:2');
  });

  it('that can be built are built when their pull fails, unless that is ruled out', () => {
    const build = { context: '.' };
    const services = project({
      a: { image: 'app:1', pull_policy: 'missing', build },
      b: { image: 'app:1', pull_policy: 'missing' },
      c: { image: 'other:1', pull_policy: 'missing' },
    });
    const failures = (more: object) =>
      planImages(services, observed(), { ...options, ...more }).steps.map(({ operation }) =>
        operation.kind === 'pull-image' ? [operation.reference, operation.service, operation.failureIs] : [],
      );
    expect(failures({})).toEqual([
      ['app:1', 'a', 'build'],
      ['other:1', 'c', 'error'],
    ]);
    expect(failures({ noBuild: true }).every(([, , failure]) => failure === 'error')).toBe(true);
  });

  it('are looked at more closely only where that decides something', () => {
    const all = project({
      a: { image: 'a' },
      b: { image: 'b', pull_policy: 'daily' },
      c: { image: 'c', platform: 'linux/arm64' },
    });
    expect(inspectedImages(all, undefined, undefined)).toEqual(['b:latest', 'c:latest']);
    expect(inspectedImages(all, 'always', undefined)).toEqual(['c:latest']);
  });
});

describe('pull', () => {
  const pullOptions = { ...options, ignoreBuildable: false, ignoreFailures: false };
  const services = {
    always: { image: 'here:1', pull_policy: 'always' },
    unset: { image: 'here:2' },
    missing: { image: 'here:1', pull_policy: 'missing' },
    latest: { image: 'here', pull_policy: 'missing' },
    never: { image: 'x', pull_policy: 'never' },
    built: { build: { context: '.' } },
    both: { image: 'both:1', build: { context: '.' } },
  };
  const local = observed({ 'here:1': 'sha256:1', 'here:2': 'sha256:2', 'here:latest': 'sha256:3' });

  it('asks for everything but what its policy is content with', () => {
    expect(formatPlan(planPull(project(services), local, pullOptions))).toBe(`\
service missing is skipped: Image is already present locally
service never is skipped: Its pull policy is never
service built is skipped: No image to be pulled
1  pull image here:1  pull was requested, and its pull policy is always
2  pull image here:2  pull was asked for
3  pull image here    pull was requested, and its pull policy is missing
4  pull image both:1  pull was asked for (it is built when it cannot be pulled)
`);
  });

  it('leaves out what can be built, and goes by --policy', () => {
    const skipped = (more: object) =>
      (planPull(project(services), local, { ...pullOptions, ...more }).skipped ?? []).map(
        ({ name, reason }) => [name, reason],
      );
    expect(skipped({ ignoreBuildable: true })).toContainEqual(['both', 'Image can be built']);
    expect(skipped({ pull: 'always' })).toEqual([['built', 'No image to be pulled']]);
    expect(skipped({ pull: 'missing' }).map(([name]) => name)).toEqual([
      'always',
      'unset',
      'missing',
      'built',
    ]);
  });

  it('makes failures warnings when they are to be ignored', () => {
    const plan = planPull(project(services), local, { ...pullOptions, ignoreFailures: true });
    expect(
      new Set(plan.steps.map(({ operation }) => 'failureIs' in operation && operation.failureIs)),
    ).toEqual(new Set(['warning']));
  });
});

it('push sends what is built here, under all of its names', () => {
  const plan = planPush(
    project({
      a: { image: 'r/a:1', build: { context: '.', tags: ['r/a:2', 'r/a:1'] } },
      b: { image: 'r/b' },
      c: { build: { context: '.' } },
    }),
    { quiet: false, ignoreFailures: false },
  );
  expect(formatPlan(plan)).toBe(`\
service b is skipped: It is not built here
service c is skipped: Its image has no name of its own
1  push image r/a:1  push was asked for
2  push image r/a:2  push was asked for
`);
});
