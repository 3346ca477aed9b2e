import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeTrees } from '../../src/compose/merge/merge.ts';
import { enforceUnicity } from '../../src/compose/merge/unicity.ts';
import { noPositions } from '../../src/compose/positions.ts';
import type { TreeMap } from '../../src/compose/tree.ts';
import { parseDirectly } from '../../src/compose/yaml/parse.ts';

interface MergeCase {
  readonly test: string;
  readonly kind: 'merge' | 'unicity';
  readonly base?: string;
  readonly override?: string;
  readonly input?: string;
  readonly expected: string;
}

const file = join(import.meta.dirname, '../../../shared/conformance/merge-cases.json');
const tree = (text: string | undefined) => parseDirectly(text ?? '').documents[0]?.value as TreeMap;

/** Cases of the reference implementation: what merging two files, or one file's repeated items, comes to. */
describe('merge as the reference does', () => {
  if (!existsSync(file)) {
    it.skip(`no reference cases at ${file}`, () => {});
    return;
  }
  const cases = JSON.parse(readFileSync(file, 'utf8')) as MergeCase[];

  it('has all the cases', () => expect(cases.length).toBe(64));

  it.each(cases.map((one) => [one.test, one] as const))('%s', (_, one) => {
    const merged =
      one.kind === 'merge' ? mergeTrees(tree(one.base), tree(one.override), noPositions) : tree(one.input);
    expect(enforceUnicity(merged)).toEqual(tree(one.expected));
  });
});
