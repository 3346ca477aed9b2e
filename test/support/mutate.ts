import type { Tree, TreeMap } from '../../src/compose/tree.ts';
import { parseDirectly } from '../../src/compose/yaml/parse.ts';

/** Random numbers that a seed determines (mulberry32). */
export interface Random {
  /** An integer from 0 to below `limit`. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

export function randomOf(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, pick: (items) => items[below(items.length)]! };
}

/** Values that have their own ideas about where they belong. */
const oddities: readonly Tree[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  '',
  ' ',
  'x',
  '0',
  'yes',
  '$',
  '$$',
  '${',
  '${X',
  '${X:-${Y:-z}}',
  '${X?}',
  '$X',
  'a:b:c:d',
  '::',
  '80-79:1',
  '1-65536',
  '/',
  '.',
  '~',
  '~/x',
  'C:\\x',
  'service:all',
  'service:',
  'container:x',
  'a=b',
  '=',
  '1w2d',
  '-1s',
  '10kb',
  '0x',
  'constructor',
  'toString',
  'hasOwnProperty',
  [],
  {},
  [[]],
  [null],
  [{}],
  [''],
  [1, 'a', null],
  { constructor: null },
  { toString: 1 },
  { target: null },
  { source: 1 },
  { service: 'all' },
  { service: 'db', file: 'base.yaml' },
  { file: '../compose.yaml', service: 'all' },
  'all',
  'db',
  ['all'],
  { all: null },
  'file',
  'included/compose.yaml',
  '\u0000',
  '\ud800',
  '"',
  "'",
  '\\',
  '#',
  '- ',
  '`',
  '"unclosed',
  "'unclosed",
  '9'.repeat(40),
  'é',
  '😀',
  'a\nb',
  '*',
  '[',
  '[a',
  '!reset',
];

const keys = [
  'services',
  'networks',
  'volumes',
  'secrets',
  'configs',
  'models',
  'name',
  'include',
  'version',
  'x-any',
  'all',
  'db',
  'image',
  'build',
  'extends',
  'depends_on',
  'ports',
  'environment',
  'env_file',
  'label_file',
  'command',
  'healthcheck',
  'deploy',
  'profiles',
  'develop',
  'watch',
  'resources',
  'limits',
  'external',
  'ipam',
  'config',
  'target',
  'source',
  'type',
  'file',
  'service',
  'path',
  'constructor',
  'toString',
  '',
  '1',
  'a b',
  'x-',
  'default',
  'driver',
  'options',
  'test',
  'ulimits',
  'gpus',
  'logging',
  'networks',
];

/** Changes one random node of a tree, in place. */
export function mutateTree(root: TreeMap, random: Random): void {
  let node: Tree[] | TreeMap = root;
  for (;;) {
    const children: (Tree[] | TreeMap)[] = (Array.isArray(node) ? node : Object.values(node)).filter(
      (child): child is Tree[] | TreeMap => typeof child === 'object' && child !== null,
    );
    if (children.length === 0 || random.below(4) === 0) break;
    node = random.pick(children);
  }
  const value = structuredClone(random.pick(oddities));
  if (Array.isArray(node)) {
    const at = random.below(node.length + 1);
    const action = random.below(4);
    if (action === 0) node.splice(at, 1);
    else if (action === 1 && node.length > 0) node.push(structuredClone(random.pick(node)));
    else if (action === 2) node[at] = value;
    else node.splice(at, 0, value);
    return;
  }
  const names = Object.keys(node);
  const name = names.length > 0 ? random.pick(names) : random.pick(keys);
  switch (random.below(5)) {
    case 0:
      delete node[name];
      break;
    case 1:
      node[random.pick(keys)] = value;
      break;
    case 2:
      node[random.pick(keys)] = Object.hasOwn(node, name) ? structuredClone(node[name]!) : null;
      break;
    default:
      node[name] = value;
  }
}

/** Changes the text of a file: cuts, doubles, or puts something in. */
export function mutateText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const length = random.below(20);
  const insertions = [
    ' ',
    '\n',
    '\t',
    ':',
    '- ',
    '#',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '*common',
    '<<: ',
    '!reset ',
    '!override ',
    '!x ',
    '|\n',
    '>-\n',
    '---\n',
    '...\n',
    '? ',
    '%YAML 1.2\n',
    '\r',
    '\ufeff',
    '${',
    '$',
    '\\',
    '&common ',
    ', ',
    'a: b',
    '=',
    '\u0000',
  ];
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    case 2:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + random.pick(insertions) + text.slice(at);
  }
}

/** Data as YAML, by way of its subset JSON; with tags now and then. */
export function toYaml(tree: Tree, random: Random): string {
  const json = JSON.stringify(tree, null, 1);
  if (random.below(8) !== 0) return json;
  return json.replace(/": /g, (separator) =>
    random.below(60) === 0 ? `": ${random.pick(['!reset ', '!override '])}` : separator,
  );
}

/** Files of a project of which the seed has changed one or more, by tree or by text. */
export function mutateProject(files: Readonly<Record<string, string>>, seed: number): Record<string, string> {
  const random = randomOf(seed);
  const mutated = { ...files };
  const names = Object.keys(files);
  for (let round = 0; round <= random.below(3); round += 1) {
    const name = random.pick(names);
    const text = mutated[name] ?? '';
    if (!name.endsWith('.yaml') || random.below(3) === 0) {
      mutated[name] = mutateText(text, random);
      continue;
    }
    const tree = treeOf(text);
    if (tree === undefined) continue;
    for (let change = 0; change <= random.below(4); change += 1) mutateTree(tree, random);
    mutated[name] = toYaml(tree, random);
  }
  return mutated;
}

function treeOf(text: string): TreeMap | undefined {
  try {
    const value = structuredClone(
      parseDirectly(text.replaceAll(/!(?:reset|override) /g, '')).documents[0]?.value,
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as TreeMap)
      : undefined;
  } catch {
    return undefined;
  }
}
