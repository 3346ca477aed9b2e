import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { own, type Tree, type TreeMap } from '../../../../src/compose/tree.ts';
import { loadTree, messagesOf, serviceYaml } from '../phases.ts';

export interface AttributeCases {
  /** A value as the file has it, and what `config` prints for it; an empty string when it prints nothing. */
  readonly printed: readonly (readonly [value: Tree, yaml: string])[];
  /** A value, and every message it is refused with. */
  readonly refused?: readonly (readonly [value: Tree, ...messages: string[]])[];
  /** A value, and what it is in the model. */
  readonly modelled?: readonly (readonly [value: Tree, model: unknown])[];
  /** A value, and every warning it causes. */
  readonly warned?: readonly (readonly [value: Tree, ...warnings: string[]])[];
  /** Other attributes of the service. */
  readonly beside?: TreeMap;
  /** Other sections of the file. */
  readonly top?: TreeMap;
}

/** Tests of one attribute of a service: printed form (which must read back to itself), errors, model, warnings. */
export function attribute(name: string, cases: AttributeCases): void {
  const file = (value: Tree): TreeMap => ({
    services: { web: { image: 'x', ...cases.beside, [name]: value } },
    ...cases.top,
  });
  describe(`services.*.${name}`, () => {
    test.each(cases.printed)('%j is printed as %s', (value, yaml) => {
      const printed = serviceYaml({ [name]: value }, cases.top);
      expect(printed).toBe(outdent(yaml));
      const again = parse(printed) as TreeMap | null;
      if (again !== null) expect(serviceYaml(singleDollars(again) as TreeMap, cases.top)).toBe(printed);
    });
    if (cases.refused !== undefined) {
      test.each(cases.refused)('%j is refused', (value, ...messages) => {
        expect(messagesOf(() => loadTree(file(value)))).toEqual(messages);
      });
    }
    if (cases.modelled !== undefined) {
      test.each(cases.modelled)('%j is %j in the model', (value, model) => {
        const service = loadTree(file(value), { normalize: false, consistency: false }).project.services.web;
        expect(own(service as unknown as TreeMap, name)).toEqual(model);
      });
    }
    if (cases.warned !== undefined) {
      test.each(cases.warned)('%j causes warnings', (value, ...warnings) => {
        expect(loadTree(file(value), { consistency: false }).warnings).toEqual(warnings);
      });
    }
  });
}

/** `$$` back to `$` in every string: what interpolation does when the output is read again. */
export function singleDollars(node: Tree): Tree {
  if (typeof node === 'string') return node.replaceAll('$$', '$');
  if (Array.isArray(node)) return node.map(singleDollars);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, singleDollars(value)]));
}

/** A text without its first line feed, the indent of its first line, and blanks at its end. */
export function outdent(text: string): string {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  const indent = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
  return lines.map((line) => line.slice(indent)).join('\n');
}
