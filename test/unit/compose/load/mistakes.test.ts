import { describe, expect, it } from 'vitest';
import { load, refused } from './project.ts';

const one = (text: string) => refused({ 'compose.yaml': text });
const codes = async (text: string) =>
  (await one(text)).map((line) =>
    line.split(' ').slice(0, 2).join(' ').replace('/project/compose.yaml:', ''),
  );

describe('mistakes of all phases in one go', () => {
  it('keys given twice, variables, form, short syntax, rules, values, references', async () => {
    const text = [
      'services:',
      '  a:',
      '    image: x',
      '    image: y',
      '    imge: z',
      '    ports: ["a:b"]',
      '    mem_limit: 5q',
      '    depends_on: [dbs]',
      '  b:',
      '    image: ${',
      '    gpus: [{count: 1, device_ids: ["0"]}]',
      '    networks: [nope]',
      'secrets: {s: {}}',
    ];
    expect(await codes(text.join('\n'))).toEqual([
      'COMPOSE_DUPLICATE_KEY 4:5',
      'COMPOSE_UNKNOWN_ATTRIBUTE 5:5',
      'COMPOSE_SHORT_SYNTAX 6:13',
      'COMPOSE_INVALID_VALUE 7:16',
      'COMPOSE_UNDEFINED 8:18',
      'COMPOSE_INTERPOLATION 10:12',
      'COMPOSE_EXCLUSIVE 11:23',
      'COMPOSE_UNDEFINED 12:16',
      'COMPOSE_MISSING_ATTRIBUTE 13:11',
    ]);
  });

  it.each([
    [
      'a key without a space behind its colon',
      'services:\n  a:\n    image:nginx\n    restart: always\n',
      'no space behind the colon of "image"',
    ],
    [
      'a bracket too many',
      'services:\n  a:\n    image: x\n    }\n',
      'a bracket is closed here that was never opened',
    ],
    ['a lone star', 'services: {a: {image: x, volumes: [*]}}', 'a * that names no anchor'],
    ['tabs', 'services:\n\ta:\n', 'tabs are not allowed as indentation'],
    ['a port in words', 'services: {a: {image: x, ports: [“80:80”]}}', 'invalid port "“80:80”"'],
  ])('%s', async (_, text, message) => {
    const errors = await one(text);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });

  it('what several services share, once', async () => {
    const text = [
      'x-base: &base {image: "${", restart: [x]}',
      'services:',
      '  a: {<<: *base}',
      '  b: {<<: *base, mem_limit: 5q}',
      '  c: {image: x, cpu_percent: [1]}',
      '  d: {extends: c}',
      '  e: {extends: d}',
    ];
    expect(await codes(text.join('\n'))).toEqual([
      'COMPOSE_INTERPOLATION 1:23',
      'COMPOSE_TYPE 1:29',
      'COMPOSE_INVALID_VALUE 4:29',
      'COMPOSE_TYPE 5:17',
    ]);
  });

  it('what is wrong in one place for two reasons, twice', async () => {
    const text = 'services: {a: {image: x, develop: {watch: [{path: p, action: sync+exec}]}}}';
    expect(await one(text)).toHaveLength(2);
  });

  it('keys that are no strings', async () => {
    expect(await codes('services:\n  1: {image: x}\n  a: {image: x, environment: {2: y, true: z}}')).toEqual([
      'COMPOSE_YAML 2:3',
      'COMPOSE_YAML 3:31',
      'COMPOSE_YAML 3:37',
    ]);
  });

  it.each([
    ['a misspelled image is no missing one', 'services: {a: {imge: x}}', ['COMPOSE_UNKNOWN_ATTRIBUTE 1:16']],
    [
      'a misspelled section leaves no names undefined',
      'services: {a: {image: x, volumes: ["vol:/v"]}}\nvolume: {vol: {}}',
      ['COMPOSE_UNKNOWN_ATTRIBUTE 2:1'],
    ],
    [
      'a malformed section neither',
      'services: {a: {image: x, networks: [n]}}\nnetworks: [n]',
      ['COMPOSE_TYPE 2:1'],
    ],
    [
      'a malformed resource is there all the same',
      'services: {a: {image: x, networks: [net]}}\nnetworks: {net: [x]}',
      ['COMPOSE_TYPE 2:12'],
    ],
    ['a malformed service too', 'services: {a: [x], b: {image: x, depends_on: [a]}}', ['COMPOSE_TYPE 1:12']],
    [
      'a faulty source of a secret is a source',
      'services: {a: {image: x}}\nsecrets: {s: {file: [x]}}',
      ['COMPOSE_TYPE 2:15'],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await codes(text)).toEqual(expected);
  });

  it('of several files', async () => {
    const files = {
      'compose.yaml': 'services: {a: {image: x, tty: 5}}',
      'compose.override.yaml': 'services:\n  a: {usr: me}\n  b: {image: x, cpus: abc}',
    };
    expect((await refused(files)).map((line) => line.replace(/^(\S+) \/project\/(\S+) .*/, '$1 $2'))).toEqual(
      [
        'COMPOSE_TYPE compose.yaml:1:26',
        'COMPOSE_UNKNOWN_ATTRIBUTE compose.override.yaml:2:7',
        'COMPOSE_INVALID_VALUE compose.override.yaml:3:23',
      ],
    );
  });

  it('what ends a load early is told with what was found before', async () => {
    expect(await codes('services:\n  a: {image: "${"}\n  b: {extends: nope}')).toEqual([
      'COMPOSE_INTERPOLATION 2:14',
      'COMPOSE_EXTENDS 3:7',
    ]);
  });

  it('files of environment and labels, each where it is named', async () => {
    const text = [
      'services:',
      '  a: {image: x, env_file: nope.env}',
      '  b: {image: x, env_file: [{path: some.env, format: xml}]}',
      '  c: {image: x, label_file: [some.env, nope.labels]}',
      '  d: {image: x, env_file: [no.env, some.env, bad.env], label_file: no.labels}',
    ];
    const files = { 'compose.yaml': text.join('\n'), 'some.env': 'A=1\n', 'bad.env': 'A=1\n B C=2' };
    expect(await refused(files)).toEqual([
      'COMPOSE_ENV_FILE /project/compose.yaml:2:17 env file /project/nope.env not found',
      'COMPOSE_ENV_FILE /project/compose.yaml:3:28 unsupported env_file format "xml"',
      'COMPOSE_ENV_FILE /project/compose.yaml:4:40 label file /project/nope.labels not found',
      'COMPOSE_ENV_FILE /project/compose.yaml:5:28 env file /project/no.env not found',
      'COMPOSE_ENV_FILE /project/bad.env:2:3 failed to read /project/bad.env: line 2: unexpected character " " in variable name "B C"',
      'COMPOSE_ENV_FILE /project/compose.yaml:5:56 label file /project/no.labels not found',
    ]);
  });

  it('an environment file of an include that is not there', async () => {
    const files = {
      'compose.yaml': 'include:\n  - path: inc.yaml\n    env_file: nope.env\n',
      'inc.yaml': 'services: {a: {image: x}}',
    };
    expect(await refused(files)).toEqual([
      "COMPOSE_ENV_FILE /project/compose.yaml:3:5 couldn't find env file: /project/nope.env",
    ]);
  });
});

it('stops at a hundred mistakes, however many there are', async () => {
  for (const faulty of [
    'ports: ["a:b"]',
    'mem_limit: 5q',
    'user: "${"',
    'imge: x',
    'depends_on: [no]',
    'tty: maybe',
  ]) {
    const services = Array.from({ length: 2000 }, (_, index) => `  s${index}: {image: x, ${faulty}}`);
    expect(await one(`services:\n${services.join('\n')}`)).toHaveLength(100);
  }
});

it('start_interval without start_period is idle, not wrong', async () => {
  const { warnings } = await load({
    'compose.yaml': 'services: {a: {image: x, healthcheck: {test: x, start_interval: 5s}}}',
  });
  expect(warnings).toEqual(['services.a.healthcheck: "start_interval" has no effect without "start_period"']);
});
