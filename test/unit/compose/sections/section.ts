import { describe, expect, test } from 'vitest';
import { renderConfig } from '../../../../src/compose/config/render.ts';
import type { Tree, TreeMap } from '../../../../src/compose/tree.ts';
import { outdent } from '../attributes/attribute.ts';
import { loadTree, messagesOf } from '../phases.ts';

export interface SectionCases {
  /** A section as the file has it, and what `config` prints for it. */
  readonly printed: readonly (readonly [section: Tree, yaml: string])[];
  /** A section, and every message it is refused with. */
  readonly refused: readonly (readonly [section: Tree, ...messages: string[]])[];
  /** A section, and every warning it causes. */
  readonly warned?: readonly (readonly [section: Tree, ...warnings: string[]])[];
}

/** Tests of one top-level section, the rest of the file being one service. Normalised: resources have their names. */
export function section(name: string, cases: SectionCases): void {
  const file = (value: Tree): TreeMap => ({ services: { web: { image: 'x' } }, [name]: value });
  const yamlOf = (tree: TreeMap): string => renderConfig(loadTree(tree).project, { format: 'yaml' });
  const without = yamlOf({ services: { web: { image: 'x' } } }).split('\n');
  describe(name, () => {
    test.each(cases.printed)('%j is printed as %s', (value, expected) => {
      const lines = yamlOf(file(value)).split('\n');
      const own = lines.filter((line) => !without.includes(line)).join('\n');
      expect(outdent(own)).toBe(outdent(expected));
    });
    test.each(cases.refused)('%j is refused', (value, ...messages) => {
      expect(messagesOf(() => loadTree(file(value)))).toEqual(messages);
    });
    if (cases.warned !== undefined) {
      test.each(cases.warned)('%j causes warnings', (value, ...warnings) => {
        expect(loadTree(file(value)).warnings).toEqual(warnings);
      });
    }
  });
}
