import { expect, test } from 'vitest';
import {
  configHash,
  networkHashInput,
  serviceHashInput,
  volumeHashInput,
} from '../../../../src/compose/config/hash-input.ts';
import { hashLines } from '../../../../src/compose/config/index.ts';
import type { Service } from '../../../../src/compose/model/service.ts';
import type { TreeMap } from '../../../../src/compose/tree.ts';
import { loadTree } from '../phases.ts';

const serviceOf = (attributes: TreeMap): Service => {
  const { project } = loadTree({ services: { web: attributes } }, { consistency: false });
  return project.services.web!;
};

test('the text a service is hashed from: attributes in the order of config, compact, without x-*', () => {
  const service = serviceOf({
    image: 'redis',
    command: 'a "b c"',
    environment: { B: '2', A: null },
    ports: ['8000:80'],
    volumes: ['data:/d', './x:/y:ro'],
    labels: ['l=<1>'],
    healthcheck: { test: 'true', interval: '90s' },
    mem_limit: '1m',
    stop_grace_period: '10s',
    ulimits: { nofile: 5 },
    extra_hosts: ['h:1.1.1.1'],
    'x-own': 1,
  });
  expect(serviceHashInput(service)).toBe(
    '{"command":["a","b c"],"entrypoint":null,"environment":{"A":null,"B":"2"},"extra_hosts":["h=1.1.1.1"],' +
      '"healthcheck":{"test":["CMD-SHELL","true"],"interval":"1m30s"},"image":"redis","labels":{"l":"\\u003c1\\u003e"},' +
      '"mem_limit":"1048576","networks":{"default":null},' +
      '"ports":[{"mode":"ingress","target":80,"published":"8000","protocol":"tcp"}],"stop_grace_period":"10s",' +
      '"ulimits":{"nofile":5},"volumes":[{"type":"volume","source":"data","target":"/d","volume":{}},' +
      '{"type":"bind","source":"./x","target":"/y","read_only":true,"bind":{}}]}',
  );
});

const base: TreeMap = { image: 'redis', deploy: { labels: ['a=b'] } };

test.each<TreeMap>([
  { build: '.' },
  { pull_policy: 'always' },
  { scale: 3 },
  { deploy: { labels: ['a=b'], replicas: 4 } },
  { depends_on: ['db'] },
  { profiles: ['x'] },
  { 'x-own': 'y' },
  { develop: { watch: [{ path: '.', action: 'rebuild' }] } },
  { attach: false },
])('%j does not change the hash', (change) => {
  expect(serviceHashInput(serviceOf({ ...base, ...change }))).toBe(serviceHashInput(serviceOf(base)));
});

test.each<TreeMap>([
  { image: 'redis:7' },
  { command: [] },
  { environment: { A: 'b' } },
  { deploy: { labels: ['a=c'] } },
])('%j changes the hash', (change) => {
  expect(serviceHashInput(serviceOf({ ...base, ...change }))).not.toBe(serviceHashInput(serviceOf(base)));
});

test('networks and volumes', () => {
  expect(networkHashInput({ name: 'p_n', internal: true, labels: { b: '2', a: '1' } })).toBe(
    '{"name":"p_n","ipam":{},"internal":true,"labels":{"a":"1","b":"2"}}',
  );
  expect(volumeHashInput({ name: 'p_v' })).toBe('{"name":"p_v","driver":"local"}');
});

test('the hash is the SHA-256 of the text, one line a service, sorted', () => {
  expect(configHash('{}')).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  const { project } = loadTree({ services: { b: { image: 'x' }, a: { image: 'y' } } });
  const lines = hashLines(project);
  expect(lines.map((line) => line.replace(/[0-9a-f]{64}$/, 'HASH'))).toEqual(['a HASH', 'b HASH']);
  expect(hashLines(project, ['b'])).toEqual([lines[1]]);
});
