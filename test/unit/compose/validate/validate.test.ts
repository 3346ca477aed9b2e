import { expect, test } from 'vitest';
import { noPositions } from '../../../../src/compose/positions.ts';
import { maxProblems } from '../../../../src/compose/problems.ts';
import type { TreeMap } from '../../../../src/compose/tree.ts';
import { validate } from '../../../../src/compose/validate/validate.ts';

const web = (attributes: TreeMap): TreeMap => ({ services: { web: { image: 'x', ...attributes } } });

test.each<[TreeMap, string, string | undefined]>([
  [web({ imge: 'x' }), 'services.web: unknown attribute "imge"', 'Did you mean "image"?'],
  [web({ enviroment: {} }), 'services.web: unknown attribute "enviroment"', 'Did you mean "environment"?'],
  [web({ replicas: 2 }), 'services.web: unknown attribute "replicas"', 'It belongs under "deploy".'],
  [web({ interval: '1s' }), 'services.web: unknown attribute "interval"', 'It belongs under "healthcheck".'],
  [
    web({ wholly_other: 1 }),
    'services.web: unknown attribute "wholly_other"',
    'Keys of your own begin with "x-".',
  ],
  [{ service: {} }, 'unknown attribute "service"', 'Did you mean "services"?'],
  [web({ ports: { a: 1 } }), 'services.web.ports must be a list', 'Begin each item with "- ".'],
  [web({ healthcheck: [] }), 'services.web.healthcheck must be a mapping', 'Leave out the "- ".'],
  [web({ user: 1000 }), 'services.web.user must be a string', 'Put the value in quotes: "1000".'],
  [
    web({ hostname: null }),
    'services.web.hostname must be a string',
    'It has no value here: give it one, or leave it out.',
  ],
  [web({ cap_add: 'ALL' }), 'services.web.cap_add must be a list', 'Write a list: [ALL].'],
  [
    web({ environment: 'A=b C=d' }),
    'services.web.environment must be a mapping or a list',
    'Write KEY: value, or - KEY=value, on a line for each.',
  ],
  [
    web({ ports: '-80:80 -90:90' }),
    'services.web.ports must be a list',
    'Put a space behind the "-" of each item.',
  ],
  [web({ cap_add: 'A B' }), 'services.web.cap_add must be a list', 'Begin each item with "- ".'],
  [
    web({ environment: [{ A: 1 }] }),
    'services.web.environment[0] must be a string',
    'A colon with a space makes it a mapping: put the item in quotes, or leave out the "- " of every item.',
  ],
  [
    web({ cap_add: [{ A: 1 }] }),
    'services.web.cap_add[0] must be a string',
    'A colon with a space makes it a mapping: put the item in quotes.',
  ],
  [
    web({ logging: 'json-file' }),
    'services.web.logging must be a mapping',
    'Write driver: json-file below it.',
  ],
  [web({ healthcheck: 5 }), 'services.web.healthcheck must be a mapping', 'It is the number 5 here.'],
  [
    web({ depends_on: { db: 'service_healthy' } }),
    'services.web.depends_on.db must be a mapping',
    'Write condition: service_healthy below it.',
  ],
  [{ services: { web: 'nginx' } }, 'services.web must be a mapping', 'Write image: nginx below it.'],
  [
    { services: { web: null } },
    'services.web must be a mapping',
    'It has no value here: indent what belongs to it below it, or leave it out.',
  ],
  [
    { services: { ports: ['80'] } },
    'services.ports must be a mapping',
    'Indent it further than the name of its service.',
  ],
  [{ web: { image: 'x' } }, 'unknown attribute "web"', 'A service belongs under "services".'],
  [web({ cgroup: 'hsot' }), 'services.web.cgroup must be one of host, private', 'Did you mean "host"?'],
  [
    { services: { 'a b': { image: 'x' } } },
    'services: invalid name "a b"',
    'Letters, digits, ".", "_" and "-" make up a name.',
  ],
  [
    web({ deploy: { resources: { limits: { cpu: 1 } } } }),
    'services.web.deploy.resources.limits: unknown attribute "cpu"',
    'Did you mean "cpus"?',
  ],
  [
    web({ build: { secrets: [{ sorce: 's' }] } }),
    'services.web.build.secrets[0]: unknown attribute "sorce"',
    'Did you mean "source"?',
  ],
])('%j', (tree, message, hint) => {
  const errors = validate(tree, noPositions);
  expect(errors.map((error) => [error.message, error.hint])).toEqual([[message, hint]]);
});

test('attributes are never looked up on Object.prototype', () => {
  const tree = web({ constructor: 1, toString: 'x', networks: { hasOwnProperty: { valueOf: 1 } } });
  expect(
    validate(tree, noPositions)
      .map((error) => error.message)
      .sort(),
  ).toEqual([
    'services.web.networks.hasOwnProperty: unknown attribute "valueOf"',
    'services.web: unknown attribute "constructor"',
    'services.web: unknown attribute "toString"',
  ]);
});

test('keys with a slash or tilde are named as they are', () => {
  const tree: TreeMap = { services: { web: { image: 'x', labels: { 'a/b~c': {} } } } };
  expect(validate(tree, noPositions)[0]?.message).toMatch(/^services\.web\.labels\.a\/b~c must be /);
});

test('a report has an end', () => {
  const services = Object.fromEntries(
    Array.from({ length: 5000 }, (_, index) => [`s${index}`, { imge: 'x' }]),
  );
  expect(validate({ services }, noPositions)).toHaveLength(maxProblems);
});

test('long lists are compared in linear time, mixed items by value', () => {
  const ports = Array.from({ length: 50_000 }, (_, index) => (index % 2 === 0 ? index : { target: index }));
  expect(validate(web({ ports }), noPositions)).toEqual([]);
  const again = { 'x-a': 1, target: 1 };
  const twice = validate(web({ ports: [{ target: 1, 'x-a': 1 }, 80, again, '80'] }), noPositions);
  expect(twice.map((error) => error.message)).toEqual([
    'services.web.ports[2] repeats an item of the same list',
  ]);
});
