import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOfBytes } from '../../../src/build/dockerfile/decode.ts';
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts';
import { expand } from '../../../src/build/expand/expand.ts';
import { cleanPath } from '../../../src/build/go-path.ts';
import { readIgnoreFile } from '../../../src/build/ignore/ignore-file.ts';
import { createIgnoreMatcher } from '../../../src/build/ignore/matcher.ts';
import { TcomposeError } from '../../../src/errors.ts';

const nothing = { get: () => undefined };
/** Text in which what matters to the readers is frequent. */
const text = fc.string({
  unit: fc.constantFrom(...'ab \t\n\r$\\`"\'{}[]()<>-=#/*?:%!.,|0ARUNFOM'.split(''), 'é', '\ufeff', '👽'),
  maxLength: 60,
});

function refusal(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const ownError = (error: unknown) => error === undefined || error instanceof TcomposeError;

describe('the Dockerfile language', () => {
  it('is parsed or refused with an error of its own, whatever the text', () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(refusal(() => parseDockerfile(`FROM a\n${input}`, 'Dockerfile'))).toSatisfy(ownError);
      }),
    );
  });

  it('refuses bytes that are not UTF-8 only where they would get elsewhere changed', () => {
    const parse = (text: string) =>
      parseDockerfile(textOfBytes(Buffer.from(`FROM a\n${text}`, 'latin1')), 'D').nodes.at(-1);
    for (const taken of ['# caf\xe9\nRUN a', 'RUN a \\\n# \xe9\n b', 'RUN \xc3\xa9', 'RUN \xef\xbf\xbd'])
      expect(parse(taken)?.keyword).toBe('RUN');
    expect(parse('LABEL a=\xe9')?.args).toEqual(['a', '\ufffd', '=']);
    expect(parse('COPY <<E /a\n\xe9\nE')?.heredocs[0]?.content).toBe('\ufffd\n');
    for (const refused of [
      'RUN \xe9\xef\xbf\xbd',
      'run ["\xe9"]',
      'RUN <<E\n\xe9\nE',
      'COPY <<"E" /a\n\xe9\nE',
    ])
      expect(refusal(() => parse(refused))).toMatchObject({
        message: 'failed to marshal LLB definition: string field contains invalid UTF-8',
        where: { line: 2 },
      });
  });

  it('gives every instruction lines of its own, in order', () => {
    fc.assert(
      fc.property(text, (input) => {
        let last = 0;
        const body = `FROM a\n${input}`;
        const nodes = refusal(() => parseDockerfile(body, 'D')) ? [] : parseDockerfile(body, 'D').nodes;
        for (const { start, end } of nodes) {
          expect(start).toBeGreaterThan(last);
          expect(end).toBeGreaterThanOrEqual(start);
          last = end;
        }
      }),
    );
  });

  it('expands or refuses with an error of its own, whatever the text', () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(refusal(() => expand(input, nothing))).toSatisfy(ownError);
      }),
    );
  });

  it('leaves text in single quotes as it is', () => {
    fc.assert(
      fc.property(text, (input) => {
        const quiet = input.replaceAll("'", '');
        expect(expand(`'${quiet}'`, nothing).result).toBe(quiet);
      }),
    );
  });
});

describe('ignore patterns', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'src', 'x.ts', '.git'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));

  it('are compiled or refused with an error of their own', () => {
    fc.assert(
      fc.property(text, path, (input, one) => {
        const patterns = readIgnoreFile(input).map(({ pattern }) => pattern);
        const error = refusal(() => createIgnoreMatcher(patterns).decide(one));
        expect(error).toSatisfy(ownError);
      }),
    );
  });

  it('exclude what is below of what they exclude, and decide the same by way of the parent', () => {
    const pattern = fc.constantFrom(
      'a',
      'a/b',
      '*',
      '**',
      '**/b',
      'src/**',
      '!a/b',
      '!**/*.ts',
      'a*',
      '!src',
    );
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, one) => {
        const matcher = createIgnoreMatcher(patterns);
        const parts = one.split('/');
        let decision = matcher.decide(parts[0]!);
        let open = true;
        for (let depth = 2; depth <= parts.length; depth++) {
          const below = parts.slice(0, depth - 1).join('/');
          open &&= !decision.excluded || matcher.mayIncludeBelow(below);
          decision = matcher.decide(parts.slice(0, depth).join('/'), decision);
          // What is not entered has nothing in it that is included.
          if (!open) expect(decision.excluded).toBe(true);
        }
        expect(decision).toEqual(matcher.decide(one));
      }),
    );
  });
});

describe('cleanPath', () => {
  it('is its own result', () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(cleanPath(cleanPath(input))).toBe(cleanPath(input));
      }),
    );
  });
});
