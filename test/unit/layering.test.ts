import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** What the files of a folder may import: other folders (`.` is src itself), node modules and packages. */
interface Layer {
  readonly folders: readonly string[];
  /** Folders of which only types may be imported. */
  readonly types?: readonly string[];
  readonly modules: readonly string[];
}

/** Node modules that compute and touch nothing. */
const pure = ['node:path', 'node:util', 'node:crypto', 'node:net'];

/** The stages of docs/architecture.md, "Folders". What is pure has no module here that reads or changes the machine. */
const layers: Readonly<Record<string, Layer>> = {
  '.': { folders: [], modules: ['node:os', 'node:util'] },
  graph: { folders: ['.'], modules: [] },
  compose: { folders: ['.', 'graph'], modules: [...pure, 'yaml'] },
  project: {
    folders: ['.', 'build', 'compose', 'graph', 'image/reference.ts', 'image/platform.ts'],
    types: ['engine', 'image'],
    modules: pure,
  },
  build: {
    folders: ['.', 'graph', 'image/reference.ts', 'image/platform.ts'],
    types: ['image'],
    modules: pure,
  },
  runtime: { folders: ['.'], types: ['image', 'network'], modules: pure },
  doctor: { folders: ['.'], types: ['runtime'], modules: [...pure, 'node:os'] },
  watch: { folders: ['.', 'build/ignore'], types: ['compose'], modules: pure },
  sys: { folders: ['.'], modules: ['*'] },
  tar: { folders: ['.'], modules: [] },
  confined: { folders: ['.', 'sys'], modules: ['*'] },
  image: { folders: ['.', 'confined', 'sys', 'tar'], modules: ['*'] },
  registry: { folders: ['.', 'image/platform.ts', 'image/reference.ts'], types: ['image'], modules: ['*'] },
  network: { folders: ['.', 'sys'], types: ['runtime'], modules: ['*'] },
  engine: {
    folders: ['.', 'build', 'confined', 'image', 'network', 'registry', 'runtime', 'sys', 'tar'],
    modules: ['*'],
  },
  cli: {
    folders: [
      '.',
      'build/ignore',
      'compose',
      'doctor',
      'engine/client',
      'engine/api',
      'image',
      'network/ipam',
      'network/ports/port-holder.ts',
      'project',
      'registry',
      'runtime',
      'tar',
      'watch',
    ],
    modules: ['*'],
  },
};

/** Files of a pure layer that are its edge: they carry out what the others decide. */
const edges: Readonly<Record<string, Layer>> = {
  'compose/effects.ts': { folders: ['.'], modules: ['node:fs', 'node:os'] },
  'compose/read-input.ts': { folders: ['.'], modules: ['node:fs', 'node:fs/promises'] },
  'project/execute/': {
    folders: [
      '.',
      'compose',
      'engine/client',
      'image/reference.ts',
      'network/ipam',
      'network/ports',
      'project',
      'tar',
    ],
    types: ['engine'],
    modules: ['node:fs/promises', 'node:timers/promises'],
  },
  'project/observe.ts': {
    folders: ['.', 'engine/client', 'compose', 'image/reference.ts'],
    types: ['engine'],
    modules: [],
  },
  'project/preflight.ts': {
    folders: ['.', 'engine/client'],
    types: ['engine', 'compose'],
    modules: ['node:fs'],
  },
  'runtime/cgroup/cgroup-enable.ts': { folders: ['.'], modules: ['node:fs'] },
  'runtime/cgroup/live-cgroup.ts': {
    folders: ['.'],
    modules: ['node:fs', 'node:path', 'node:timers/promises'],
  },
  'runtime/cgroup/apply-limits.ts': { folders: ['.'], modules: ['node:fs', 'node:path'] },
  'runtime/machine-facts.ts': { folders: ['.'], modules: ['node:fs', 'node:os'] },
  'runtime/shim/': { folders: ['.'], modules: ['node:fs', 'node:fs/promises', 'node:net', 'node:util'] },
};

/** Only these folders, and edges, may ask the clock or the process, end it, or print. */
const effectful = ['cli', 'engine', 'sys'];
const effects =
  /\bconsole\.|(?<![.\w])process\.(exit|env|cwd|argv|stdout|stderr|stdin)\b|\bDate\.now\b|\bnew Date\(\)/;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly types: boolean;
}

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.includes('generated/'))
  .map((name) => ({ name, text: readFileSync(join(root, 'src', name), 'utf8') }));

const statement = /^(?:import|export)\s+(type\s+)?((?:[\w$*,\s]|\{[^}]*\})*?)(?:\sfrom\s)?\s*'([^']+)';/gm;

const imports: readonly Import[] = sources.flatMap(({ name, text }) => [
  ...[...text.matchAll(statement)].map(([, type, what = '', target = '']) => ({
    from: name,
    to: resolved(name, target),
    types: type !== undefined || (what.startsWith('{') && onlyTypes(what)),
  })),
  ...[...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(([, target = '']) => ({
    from: name,
    to: resolved(name, target),
    types: false,
  })),
]);

/** Relative to src; a package's or node module's name as it is. */
function resolved(from: string, target: string): string {
  return target.startsWith('.') ? relative('.', join(dirname(from), target)) : target;
}

function onlyTypes(names: string): boolean {
  return names
    .slice(1, -1)
    .split(',')
    .every((one) => one.trim() === '' || one.trim().startsWith('type '));
}

const folderOf = (name: string): string => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '.');
const isSource = (target: string): boolean => target.endsWith('.ts') || target.endsWith('.js');
const edgeOf = (name: string): Layer | undefined =>
  Object.entries(edges).find(([edge]) => name === edge || (edge.endsWith('/') && name.startsWith(edge)))?.[1];

function allowed({ from, to, types }: Import): boolean {
  const own = folderOf(from);
  const layer = edgeOf(from) ?? layers[own]!;
  if (!isSource(to)) return types || layer.modules.includes('*') || layer.modules.includes(to);
  const folder = folderOf(to);
  if (folder === own) return true;
  const within = (name: string) => folder === name || to === name || to.startsWith(`${name}/`);
  return layer.folders.some(within) || (types && (layer.types ?? []).some(within));
}

const say = ({ from, to }: Import): string => `src/${from} imports ${isSource(to) ? `src/${to}` : to}`;

describe('layers of src', () => {
  it('are all told of', () => {
    const folders = new Set(sources.map(({ name }) => folderOf(name)));
    expect([...folders].filter((folder) => layers[folder] === undefined)).toEqual([]);
    const files = sources.map(({ name }) => name);
    expect(Object.keys(edges).filter((edge) => !files.some((name) => name.startsWith(edge)))).toEqual([]);
  });

  it('import only what their stage may know', () => {
    expect(imports.length).toBeGreaterThan(sources.length);
    expect(imports.filter((one) => !allowed(one)).map(say)).toEqual([]);
  });

  it('enter a folder with a front door by that alone', () => {
    const doors = ['compose/yaml/'];
    const around = imports.filter(({ from, to }) =>
      doors.some((door) => to.startsWith(door) && to !== `${door}index.ts` && !from.startsWith(door)),
    );
    expect(around.map(say)).toEqual([]);
  });

  it('plan a project without a look at what carries the plan out', () => {
    const planners = imports.filter(({ from }) => folderOf(from) === 'project' && edgeOf(from) === undefined);
    expect(planners.filter(({ to, types }) => !types && edgeOf(to) !== undefined).map(say)).toEqual([]);
  });

  it('print, exit and ask clock and process only at the edges', () => {
    const breaches = sources
      .filter(({ name }) => !effectful.includes(folderOf(name)) && edgeOf(name) === undefined)
      .filter(({ text }) => effects.test(withoutComments(text)))
      .map(({ name }) => `src/${name}`);
    expect(breaches).toEqual([]);
  });

  it('keep the library that calls libc out of every command', () => {
    const reached = new Set(['cli/main.ts']);
    for (const file of reached)
      for (const one of imports) if (one.from === file && !one.types && isSource(one.to)) reached.add(one.to);
    expect(reached.size).toBeGreaterThan(100);
    expect([...reached].filter((file) => file.startsWith('sys/'))).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
