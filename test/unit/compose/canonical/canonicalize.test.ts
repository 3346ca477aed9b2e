import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalize } from '../../../../src/compose/canonical/canonicalize.ts';
import { applyDefaults } from '../../../../src/compose/normalize/defaults.ts';
import { normalize } from '../../../../src/compose/normalize/normalize.ts';
import { noPositions } from '../../../../src/compose/positions.ts';
import type { TreeMap } from '../../../../src/compose/tree.ts';
import { validate } from '../../../../src/compose/validate/validate.ts';
import { loadTree, messagesOf } from '../phases.ts';
import { composeTree } from '../project-arbitrary.ts';

const expand = (tree: TreeMap, skipInterpolation = false): TreeMap =>
  canonicalize(structuredClone(tree), noPositions, { skipInterpolation });

test('every file of several is expanded again: what is long stays, and stays valid', () => {
  fc.assert(
    fc.property(composeTree, (tree) => {
      fc.pre(validate(tree, noPositions).length === 0);
      const once = expand(tree);
      expect(expand(once)).toEqual(once);
      const twiceListed = validate(once, noPositions).filter((error) => error.code !== 'COMPOSE_DUPLICATE');
      expect(twiceListed).toEqual([]);
    }),
  );
});

test('defaults and normalisation change nothing the second time', () => {
  const context = { projectName: 'p', environment: { A: '1' } };
  fc.assert(
    fc.property(composeTree, (tree) => {
      fc.pre(validate(tree, noPositions).length === 0);
      const complete = (given: TreeMap) => normalize(applyDefaults(structuredClone(given)), context);
      const once = complete(expand(tree));
      expect(complete(once)).toEqual(once);
    }),
  );
});

test('with variables left in place, what holds one is not parsed, and a list of ports with one not at all', () => {
  const web = {
    image: 'x',
    ports: ['${P}:80', '81:81', 82],
    volumes: ['${D}:/d', './a:/b'],
    devices: ['$X'],
    dns: '1.1.1.1',
    dns_search: 'a.b',
    tmpfs: '/t',
    build: { context: '.', sbom: true, provenance: false },
  };
  const api = { image: 'x', ports: ['81:81'] };
  expect(expand({ services: { web, api }, volumes: { v: null, w: {} } }, true)).toEqual({
    services: {
      web: {
        ...web,
        volumes: ['${D}:/d', { type: 'bind', source: './a', target: '/b', bind: { create_host_path: true } }],
        dns: ['1.1.1.1'],
        build: { context: '.', sbom: 'true', provenance: 'false' },
      },
      api: { image: 'x', ports: [{ mode: 'ingress', target: 81, published: '81', protocol: 'tcp' }] },
    },
    volumes: { v: null, w: {} },
  });
});

test('what is not supported is warned about once by name, with everything that uses it', () => {
  const service = { image: 'x', isolation: 'process', deploy: { endpoint_mode: 'vip' } };
  const { warnings } = loadTree({
    services: { b: service, a: service },
    networks: { n: { attachable: true } },
  });
  expect(warnings).toEqual([
    '"isolation" is not supported: only Windows has it (b, a)',
    '"deploy.endpoint_mode" is not supported: only a cluster has it (b, a)',
    '"networks.attachable" is not supported: only a cluster has it (n)',
  ]);
});

test('port ranges that come to too many ports are refused once', () => {
  const ports = Array.from({ length: 40 }, (_, index) => `127.0.0.${index}:1-65535:1-65535`);
  const services = { a: { image: 'x', ports }, b: { image: 'x', ports } };
  expect(messagesOf(() => expand({ services }))).toEqual([
    'services.a.ports[7]: the port ranges come to more than 500000 ports',
  ]);
});

test('a name like __proto__ in a list is a name', () => {
  const name = '__proto__';
  const web = {
    image: 'x',
    environment: [name],
    extra_hosts: [`${name}=1.1.1.1`],
    links: [name],
    labels: [`${name}=v`],
  };
  const { services } = loadTree({ services: { web } }, { consistency: false }).project;
  for (const key of ['environment', 'extra_hosts', 'depends_on', 'labels'] as const) {
    expect(Object.keys(services.web?.[key] ?? {}), key).toEqual([name]);
  }
  expect(messagesOf(() => loadTree({ services: { web } }))).toEqual([
    'service "web" depends on undefined service "__proto__"',
  ]);
});
