import type { LineRange } from '../dockerfile/node.ts';
import type { CopyStep } from './types.ts';

/** The step that contains all of a named context as a tree, for a FROM that names it. */
export function wholeContext(name: string, range: LineRange): CopyStep {
  return {
    kind: 'copy',
    name: `[context ${name}] load from client`,
    stage: 0,
    range,
    fresh: false,
    base: { kind: 'empty' },
    from: { kind: 'context', name },
    sources: [{ kind: 'path', path: '/' }],
    destination: '/',
    chown: undefined,
    chmod: undefined,
    excludes: [],
    parents: false,
    link: false,
    unpack: false,
  };
}
