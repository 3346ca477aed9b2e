import { describe, expect, it } from 'vitest';
import { mergeTrees } from '../../../../src/compose/merge/merge.ts';
import { enforceUnicity } from '../../../../src/compose/merge/unicity.ts';
import { noPositions } from '../../../../src/compose/positions.ts';
import { nodeAt, type Tree, type TreeMap } from '../../../../src/compose/tree.ts';
import { parseDirectly } from '../../../../src/compose/yaml/parse.ts';

/** What the case shows; the value in the base file; in the overriding file; what they come to. All YAML. */
export type MergeCase = readonly [what: string, base: string, override: string, expected: string];

const value = (yaml: string): Tree => (parseDirectly(yaml).documents[0]?.value ?? null) as Tree;

const file = (attribute: string, yaml: string): TreeMap => ({
  services: { s: attribute.split('.').reduceRight<Tree>((inner, key) => ({ [key]: inner }), value(yaml)) },
});

/** One test a case: the attribute (a dotted path below the service) of two files, merged. */
export function mergeCases(attribute: string, cases: readonly MergeCase[]): void {
  describe(`merge of ${attribute}`, () => {
    it.each(cases)('%s', (_, base, override, expected) => {
      const merged = mergeTrees(file(attribute, base), file(attribute, override), noPositions);
      const path = ['services', 's', ...attribute.split('.')];
      expect(nodeAt(enforceUnicity(merged), path)).toEqual(value(expected));
    });

    it('stays what one file says when the other is silent', () => {
      const [, base] = cases[0]!;
      const alone = file(attribute, base);
      const silent: TreeMap = { services: { s: {} } };
      expect(mergeTrees(structuredClone(silent), structuredClone(alone), noPositions)).toEqual(alone);
      expect(mergeTrees(structuredClone(alone), silent, noPositions)).toEqual(alone);
    });

    it('keeps the base under an override without a value, unless that means "none"', () => {
      const [, base] = cases[0]!;
      const merged = mergeTrees(file(attribute, base), file(attribute, 'null'), noPositions);
      const left = nodeAt(merged, ['services', 's', ...attribute.split('.')]);
      const cleared = ['command', 'entrypoint', 'healthcheck.test'].includes(attribute);
      expect(left === null).toBe(cleared);
    });
  });
}
