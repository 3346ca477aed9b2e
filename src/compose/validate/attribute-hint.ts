import { nearest } from '../../nearest.ts';
import { type Shape, shapes } from '../generated/attributes.ts';
import type { TreePath } from '../tree.ts';

/** What people write for an attribute that has another name, by the attribute around it or the kind of what is around. */
const customary: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  service: { cmd: 'command', memory: 'mem_limit', memory_limit: 'mem_limit', cpu: 'cpus' },
  healthcheck: { cmd: 'test', command: 'test' },
  build: { dir: 'context', directory: 'context', file: 'dockerfile', path: 'context' },
  secrets: { path: 'target' },
  configs: { path: 'target' },
};

/** How deep below a node an attribute is looked for. */
const depth = 3;

/**
 * What to do about an attribute that is not known at a place: its right name, or where it belongs. Undefined when nothing
 * is like it.
 */
export function attributeHint(path: TreePath, key: string, shape: Shape): string | undefined {
  const near = nearest(key, Object.keys(shape.keys ?? {}));
  if (near !== undefined) return `Did you mean "${near}"?`;
  const kind = path[0] === 'services' && path.length === 2 ? 'service' : lastName(path);
  const known = Object.hasOwn(customary, kind) ? customary[kind]?.[key] : undefined;
  if (known !== undefined) return `Did you mean "${known}"?`;
  if (kind === 'logging') return 'It belongs under "options", if the driver has it.';
  const homes = homesOf(shape, key);
  if (homes.length === 0 || homes.length > 2) return undefined;
  return `It belongs under ${homes.map((home) => `"${home}"`).join(' or ')}.`;
}

const lastName = (path: TreePath): string => String(path.findLast((step) => typeof step === 'string') ?? '');

/** The attributes under which `key` would be known, those nearest to the node. */
function homesOf(shape: Shape, key: string): string[] {
  let level: (readonly [name: string, shape: Shape])[] = [['', shape]];
  for (let down = 0; down < depth; down += 1) {
    level = level.flatMap(([name, parent]) =>
      Object.entries(parent.keys ?? {}).flatMap(([attribute, child]) => {
        const inner = resolve(child);
        const held = inner?.items === undefined ? inner : resolve(inner.items);
        return held === undefined ? [] : [[name === '' ? attribute : `${name}.${attribute}`, held] as const];
      }),
    );
    const found = level.filter(([, { keys }]) => keys !== undefined && Object.hasOwn(keys, key));
    if (found.length > 0) return found.map(([name]) => name);
  }
  return [];
}

/** The shape that a name of a definition, or the shape itself, stands for. */
export const resolve = (shape: Shape | string | null | undefined): Shape | undefined =>
  typeof shape === 'string' ? shapes[shape] : (shape ?? undefined);
