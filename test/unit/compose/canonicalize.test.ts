import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalize } from '../../../src/compose/canonicalize.ts';
import { applyDefaults } from '../../../src/compose/defaults.ts';
import { normalize } from '../../../src/compose/normalize.ts';
import { noPositions } from '../../../src/compose/positions.ts';
import type { TreeMap } from '../../../src/compose/tree.ts';
import { validate } from '../../../src/compose/validate.ts';
import { composeTree } from './project-arbitrary.ts';

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

test('with variables left in place, what holds one is not parsed', () => {
  const web = { image: 'x', ports: ['${P}:80', '81:81'], volumes: ['${D}:/d', './a:/b'], devices: ['$X'] };
  expect(expand({ services: { web } }, true)).toEqual({
    services: {
      web: {
        image: 'x',
        ports: ['${P}:80', { mode: 'ingress', target: 81, published: '81', protocol: 'tcp' }],
        volumes: ['${D}:/d', { type: 'bind', source: './a', target: '/b', bind: { create_host_path: true } }],
        devices: ['$X'],
      },
    },
  });
});

test('what is not carried out is warned about once by name, with everything that uses it', async () => {
  const { loadTree } = await import('./phases.ts');
  const service = { image: 'x', isolation: 'process', deploy: { endpoint_mode: 'vip' } };
  const { warnings } = loadTree({
    services: { b: service, a: service },
    networks: { n: { attachable: true } },
  });
  expect(warnings).toEqual([
    '"isolation" is not carried out: only Windows has it (b, a)',
    '"deploy.endpoint_mode" is not carried out: only a cluster has it (b, a)',
    '"networks.attachable" is not carried out: only a cluster has it (n)',
  ]);
});
