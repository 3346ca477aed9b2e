import { describe, expect, test } from 'vitest';
import { readIgnoreFile } from '../../../src/build/ignore/ignore-file.ts';
import { createIgnoreMatcher } from '../../../src/build/ignore/matcher.ts';
import { compilePattern } from '../../../src/build/ignore/pattern.ts';
import { document, table, tablesPresent } from './tables.ts';

interface PatternCase {
  readonly patterns: readonly string[];
  readonly path: string;
  readonly excluded?: boolean;
  readonly error?: string;
}

describe.skipIf(!tablesPresent)('ignore patterns, by the tables of patternmatcher', () => {
  test.each(table<PatternCase>('dockerignore-patterns'))(
    '$patterns and $path',
    ({ patterns, path, excluded, error }) => {
      if (error !== undefined) expect(() => createIgnoreMatcher(patterns)).toThrow(error);
      else expect(createIgnoreMatcher(patterns).decide(path).excluded).toBe(excluded);
    },
  );

  const kinds = {
    exact: 'exactMatch',
    prefix: 'prefixMatch',
    suffix: 'suffixMatch',
    expression: 'regexpMatch',
  };
  const compiled = tablesPresent
    ? (document('dockerignore-patterns').compile as { pattern: string; regexp: string; type: string }[])
    : [];
  test.each(compiled)('$pattern is a $type', ({ pattern, regexp, type }) => {
    const matching = compilePattern(pattern);
    expect(kinds[matching.kind]).toBe(type);
    if (matching.kind === 'expression') expect(matching.source).toBe(regexp);
  });

  test.each(table<{ text: string; patterns: readonly string[] }>('dockerignore-file'))(
    'file $text',
    ({ text, patterns }) => {
      expect(readIgnoreFile(text).map(({ pattern }) => pattern)).toEqual(patterns);
    },
  );
});
