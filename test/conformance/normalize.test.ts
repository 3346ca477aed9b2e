import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { normalize } from '../../src/compose/normalize/normalize.ts';
import type { TreeMap } from '../../src/compose/tree.ts';

interface Case {
  readonly test: string;
  readonly input: string;
  readonly expected: string;
}

const file = '../shared/conformance/normalize-cases.json';
const present = existsSync(file);
if (!present) console.warn(`skipped: ${file} is not here`);
const cases = present ? (JSON.parse(readFileSync(file, 'utf8')) as Case[]) : [];

/** Variables of the project, by case; the cases name them in their own words. */
const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  TestNormalizeNetworkNames: { FOO: 'BAR' },
  TestNormalizeEnvironment: { BAR: 'bar' },
};

describe.skipIf(!present)('normalisation cases', () => {
  test.each(cases)('$test', ({ test: name, input, expected }) => {
    const tree = parse(input) as TreeMap;
    const context = { projectName: String(tree.name), environment: environments[name] ?? {} };
    expect(normalize(tree, context)).toEqual(parse(expected));
  });
});
