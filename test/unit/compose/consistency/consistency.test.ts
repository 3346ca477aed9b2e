import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkConsistency } from '../../../../src/compose/consistency/consistency.ts';
import { noPositions } from '../../../../src/compose/positions.ts';
import type { TreeMap } from '../../../../src/compose/tree.ts';
import { loadTree, messagesOf } from '../phases.ts';

const image = { image: 'x' };
const messages = (services: TreeMap, rest: TreeMap = {}) => messagesOf(() => loadTree({ services, ...rest }));

test.each<[string, TreeMap, string]>([
  [
    'network_mode and networks',
    { a: { ...image, network_mode: 'host', networks: ['default'] } },
    'service a declares mutually exclusive `network_mode` and `networks`',
  ],
  [
    'scale and replicas',
    { a: { ...image, scale: 2, deploy: { replicas: 3 } } },
    "services.a: can't set distinct values on 'scale' and 'deploy.replicas'",
  ],
  [
    'cpus twice',
    { a: { ...image, cpus: 1, deploy: { resources: { limits: { cpus: '2' } } } } },
    "services.a: can't set distinct values on 'cpus' and 'deploy.resources.limits.cpus'",
  ],
  [
    'memory twice',
    { a: { ...image, mem_limit: '1m', deploy: { resources: { limits: { memory: '2m' } } } } },
    "services.a: can't set distinct values on 'mem_limit' and 'deploy.resources.limits.memory'",
  ],
  [
    'reserved memory twice',
    { a: { ...image, mem_reservation: '1m', deploy: { resources: { reservations: { memory: '2m' } } } } },
    "services.a: can't set distinct values on 'mem_reservation' and 'deploy.resources.reservations.memory'",
  ],
  [
    'pids twice',
    { a: { ...image, pids_limit: 1, deploy: { resources: { limits: { pids: 2 } } } } },
    "services.a: can't set distinct values on 'pids_limit' and 'deploy.resources.limits.pids'",
  ],
  [
    'a name for several containers',
    { a: { ...image, container_name: 'one', scale: 2 } },
    "services.a: can't set container_name and scale as container name must be unique",
  ],
  [
    'a name for several replicas',
    { a: { ...image, container_name: 'one', deploy: { replicas: 2 } } },
    "services.a: can't set container_name and deploy.replicas as container name must be unique",
  ],
  [
    'one container name for two services',
    { a: { ...image, container_name: 'one' }, b: { ...image, container_name: 'one' } },
    'services.b: container name "one" is already in use by service a',
  ],
  [
    'tmpfs and volume on one path',
    { a: { ...image, tmpfs: '/t:size=1m', volumes: ['/x:/t'] } },
    'services.a.volumes[0]: target /t already mounted as services.a.tmpfs[0]',
  ],
  [
    'a platform that is not built',
    { a: { platform: 'linux/arm64', build: { platforms: ['linux/amd64'] } } },
    'service.build.platforms MUST include service.platform "linux/arm64"',
  ],
  [
    'a context of a service that is not built',
    { a: { build: { additional_contexts: { c: 'service:b' } } }, b: image },
    'service "a" declares non-buildable service "b" as additional contexts c',
  ],
  ['a circle', circle(['c', 'a', 'b']), 'dependency cycle detected: a -> b -> c -> a'],
])('%s', (_title, services, message) => {
  expect(messages(services)).toEqual([message]);
});

/** Services that each depend on the next, and the last on the first. */
function circle(names: readonly string[]): TreeMap {
  return Object.fromEntries(
    names.map((name, index) => [name, { ...image, depends_on: [names[(index + 1) % names.length]!] }]),
  );
}

test('what must agree may agree', () => {
  const services = {
    a: {
      ...image,
      scale: 2,
      cpus: '0.5',
      mem_limit: '1m',
      deploy: { replicas: 2, resources: { limits: { cpus: '0.5', memory: '1024k' } } },
    },
  };
  expect(messages(services)).toEqual([]);
});

test('a provider needs no image', () => {
  expect(messages({ a: { provider: { type: 'x' } } })).toEqual([]);
});

describe('dependencies on disabled services', () => {
  const load = (required: boolean) => {
    const dependency = { condition: 'service_started', required };
    const { project } = loadTree({ services: { a: { ...image, depends_on: { b: dependency } }, b: image } });
    const { a, b } = project.services;
    return checkConsistency(
      { ...project, services: { a: a! }, disabledServices: { b: { ...b!, profiles: ['debug'] } } },
      noPositions,
    );
  };

  test('are errors that name the profiles when required', () => {
    expect(load(true).map((error) => [error.message, error.hint])).toEqual([
      ['service "a" depends on undefined service "b"', 'It is left out by its profiles: debug.'],
    ]);
  });

  test('are fine when not required', () => {
    expect(load(false)).toEqual([]);
  });
});

test('the nearest name is offered', () => {
  const error = catchFirst(() =>
    loadTree({ services: { a: { ...image, depends_on: ['databse'] }, database: image } }),
  );
  expect(error.hint).toBe('Did you mean "database"?');
});

function catchFirst(run: () => unknown): { hint?: string } {
  try {
    run();
  } catch (error) {
    return (error as { errors: { hint?: string }[] }).errors[0]!;
  }
  throw new Error('nothing was thrown');
}

test('a circle is found wherever there is one, and only then', () => {
  const edges = fc.uniqueArray(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 14, selector: String });
  fc.assert(
    fc.property(edges, (pairs) => {
      const services: Record<string, TreeMap> = {};
      for (let index = 0; index < 8; index += 1) services[`s${index}`] = { ...image, depends_on: [] };
      for (const [from, to] of pairs) (services[`s${from}`]!.depends_on as string[]).push(`s${to}`);
      const found = messages(services).filter((message) => message.startsWith('dependency cycle'));
      expect(found.length > 0).toBe(hasCircle(pairs));
    }),
  );
});

/** Whether removing services without dependencies, again and again, leaves some. */
function hasCircle(pairs: readonly (readonly [number, number])[]): boolean {
  let left = pairs;
  for (let round = 0; round < 9; round += 1)
    left = left.filter(([, to]) => left.some(([from]) => from === to));
  return left.length > 0;
}

test('a long chain needs no deep stack', () => {
  const services = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [
      `s${index}`,
      { ...image, depends_on: index === 0 ? [] : [`s${index - 1}`] },
    ]),
  );
  expect(messages(services)).toEqual([]);
});
