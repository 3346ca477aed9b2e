import { expect, test } from 'vitest';
import { renderConfig, renderTree } from '../../../../src/compose/config/index.ts';
import type { Tree, TreeMap } from '../../../../src/compose/tree.ts';
import { loadTree, messagesOf } from '../phases.ts';

const service = { image: 'x' };

test.each<[TreeMap, string]>([
  [{ srvices: {} }, 'unknown attribute "srvices"'],
  [{ services: [] }, 'services must be a mapping'],
  [{ services: { web: null } }, 'services.web must be a mapping'],
  [{ services: { 'my web': service } }, 'services: invalid name "my web"'],
  [{ services: { web: {} } }, 'service "web" has neither an image nor a build context specified'],
  [{ name: 3 }, 'name must be a string'],
  [{ version: 3.8 }, 'version must be a string'],
  [{ include: 'a.yaml' }, 'include must be a list'],
  [{ include: [{ pth: 'a' }] }, 'include[0]: unknown attribute "pth"'],
])('%j is refused', (tree, message) => {
  expect(messagesOf(() => loadTree(tree))).toEqual([message]);
});

test('every mistake is reported at once', () => {
  const tree: TreeMap = {
    services: { a: { imge: 'x' }, b: { image: 'x', ports: {}, replicas: 2 } },
    volumes: { v: { drivr: 'x' } },
  };
  expect(messagesOf(() => loadTree(tree)).sort()).toEqual([
    'services.a: unknown attribute "imge"',
    'services.b.ports must be a list',
    'services.b: unknown attribute "replicas"',
    'volumes.v: unknown attribute "drivr"',
  ]);
});

const extended: Readonly<Record<string, Tree>> = {
  'x-b': { z: 1, a: [1.5, null, 'no'] },
  'x-a': 'text <&>',
};

test('extensions come last, sorted, in YAML', () => {
  const { project } = loadTree({ services: {}, ...extended });
  expect(renderConfig(project, { format: 'yaml' })).toBe(
    'name: p\nservices: {}\nx-a: text <&>\nx-b:\n  a:\n    - 1.5\n    - null\n    - "no"\n  z: 1\n',
  );
});

test('JSON sorts the top level, escapes <, > and &, and always has command and entrypoint', () => {
  const { project } = loadTree({ services: { web: { ...service, deploy: {}, 'x-own': 1 } }, ...extended });
  expect(JSON.parse(renderConfig(project, { format: 'json' }))).toEqual({
    name: 'p',
    networks: { default: { name: 'p_default', ipam: {} } },
    services: {
      web: {
        command: null,
        deploy: { resources: {}, placement: {} },
        entrypoint: null,
        image: 'x',
        networks: { default: null },
      },
    },
    ...extended,
  });
  const text = renderConfig(project, { format: 'json' });
  expect(text).toContain('"x-a": "text \\u003c\\u0026\\u003e"');
  expect(text.match(/^ {2}"[^"]+"/gm)).toEqual([
    '  "name"',
    '  "networks"',
    '  "services"',
    '  "x-a"',
    '  "x-b"',
  ]);
});

test('$ is doubled in the output of a project, and left alone in that of a tree', () => {
  const { project } = loadTree({ services: { web: { image: 'a$b', environment: { P: '$HOME' } } } });
  expect(renderConfig(project, { format: 'yaml' })).toContain('P: $$HOME\n    image: a$$b');
  expect(renderTree({ services: { web: { image: '${IMG:-x}' } } }, { format: 'yaml' })).toBe(
    'services:\n  web:\n    image: ${IMG:-x}\n',
  );
  expect(renderTree({ name: 'p', a: { b: 1 } }, { format: 'json' })).toBe(
    '{\n  "a": {\n    "b": 1\n  },\n  "name": "p"\n}',
  );
});
