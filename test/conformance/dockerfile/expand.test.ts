import { describe, expect, test } from 'vitest';
import { type ExpandOptions, expand } from '../../../src/build/expand/expand.ts';
import { patternSource, reversePattern } from '../../../src/build/expand/pattern.ts';
import { document, table, tablesPresent } from './tables.ts';

interface Answer {
  readonly result?: string;
  readonly words?: readonly string[] | null;
  readonly matched?: readonly string[];
  readonly unmatched?: readonly string[];
  readonly error?: string;
}

function answer(text: string, env: ReadonlyMap<string, string>, options: ExpandOptions): Answer {
  try {
    const { result, words, matched, unmatched } = expand(text, env, options);
    return { result, words, matched: [...matched].sort(), unmatched: [...unmatched].sort() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const environment = (pairs: readonly string[]): Map<string, string> =>
  new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

describe.skipIf(!tablesPresent)('expansion, by BuildKit’s tables', () => {
  const words = tablesPresent ? (document('shell-env').env as readonly string[]) : [];
  test.each(table<{ word: string } & Answer>('shell-env'))('$word', ({ word, ...expected }) => {
    expect(answer(word, environment(words), {})).toMatchObject(expected);
  });

  test.each(table<{ text: string; env: readonly string[] } & Answer>('shell-words'))(
    'words of $text',
    ({ text, env, ...expected }) => {
      expect(answer(text, environment(env), {})).toMatchObject(expected);
    },
  );

  test.each(
    table<
      {
        word: string;
        env: Record<string, string>;
        escape?: string;
        options?: ExpandOptions;
      } & Answer
    >('shell-expand'),
  )('$word with $options', ({ word, env, options, escape: escapeToken, ...expected }) => {
    const got = answer(word, new Map(Object.entries(env)), {
      ...options,
      ...(escapeToken === undefined ? {} : { escapeToken }),
    });
    expect(got).toMatchObject({
      ...expected,
      ...('words' in expected ? { words: expected.words ?? [] } : {}),
    });
  });

  test('patterns become regular expressions', () => {
    const { to_regex, reverse } = document('shell-pattern') as {
      to_regex: readonly [{ value: Record<string, string> }, { value: readonly string[] }];
      reverse: { cases: Record<string, string> };
    };
    const options = { greedy: true, anchored: true, any: '.' };
    for (const [pattern, source] of Object.entries(to_regex[0].value))
      expect(patternSource(pattern, options)).toBe(source);
    for (const pattern of to_regex[1].value) expect(() => patternSource(pattern, options)).toThrow();
    for (const [pattern, reversed] of Object.entries(reverse.cases))
      expect(reversePattern(pattern)).toBe(reversed);
  });
});
