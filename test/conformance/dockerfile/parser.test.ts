import { describe, expect, test } from 'vitest';
import { detectDirective, readDirectives } from '../../../src/build/dockerfile/directives.ts';
import { heredocOf } from '../../../src/build/dockerfile/heredoc.ts';
import { jsonForm } from '../../../src/build/dockerfile/json-form.ts';
import { physicalLines } from '../../../src/build/dockerfile/logical-lines.ts';
import type { Heredoc, Node } from '../../../src/build/dockerfile/node.ts';
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts';
import type { TcomposeError } from '../../../src/errors.ts';
import { table, tablesPresent } from './tables.ts';

interface ParserCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly escape?: string;
  readonly nodes?: readonly object[];
  readonly warnings?: readonly { readonly short: string; readonly line: number }[];
  readonly error?: string;
  readonly error_lines?: readonly (readonly [number, number])[];
}

/** A node as the tables have it: what is empty is left out. */
function shown(node: Node): object {
  const { keyword, flags, args, json, heredocs, comments, original, start, end, trigger } = node;
  return {
    instruction: keyword,
    args: trigger === undefined ? args : [shown({ ...trigger, heredocs: [] })],
    original,
    start,
    end,
    ...(flags.length > 0 && { flags }),
    ...(json && { json }),
    ...(heredocs.length > 0 && { heredocs: heredocs.map(shownHeredoc) }),
    ...(comments.length > 0 && { comments }),
  };
}

const shownHeredoc = ({ name, fd, expand, chomp, content }: Heredoc) => ({
  name,
  fd: Number(fd),
  expand,
  chomp,
  content,
});

function parsed({ dockerfile }: ParserCase): object {
  try {
    const { nodes, escapeToken, emptyContinuations } = parseDockerfile(dockerfile, 'Dockerfile');
    const warnings = emptyContinuations.map(({ original, range }) => ({
      short: `Empty continuation line found in: ${original}`,
      line: range.end,
    }));
    return { escape: escapeToken, nodes: nodes.map(shown), ...(warnings.length > 0 && { warnings }) };
  } catch (error) {
    const { message, where } = error as TcomposeError;
    return { error: message, error_lines: [[where?.line, where?.endLine]] };
  }
}

describe.skipIf(!tablesPresent)('parser, by BuildKit’s tables', () => {
  const cases = [...table<ParserCase>('parser'), ...table<ParserCase>('parser-inline')];
  test.each(cases)('$name', (one) => {
    const { nodes, warnings, error, error_lines } = one;
    const parts = { escape: one.escape, nodes, ...(warnings && { warnings }) };
    const wanted = error === undefined ? parts : { error, error_lines };
    expect(parsed(one)).toEqual(wanted);
  });

  test.each(table<{ word: string; heredoc?: object; error?: string }>('heredoc-words'))(
    'heredoc $word',
    ({ word, heredoc, error }) => {
      if (error !== undefined) expect(() => heredocOf(word)).toThrow(error);
      else {
        const found = heredocOf(word);
        const { content, ...rest } = found === undefined ? { content: '' } : shownHeredoc(found);
        expect(content).toBe('');
        expect(found === undefined ? undefined : rest).toEqual(heredoc);
      }
    },
  );

  test.each(table<{ text: string; args?: readonly string[] | object; error?: string }>('json-form'))(
    'JSON $text',
    ({ text, args, error }) => {
      if (args !== undefined) expect(jsonForm(text)).toEqual(Array.isArray(args) ? args : []);
      else if (error?.includes('strings only')) expect(() => jsonForm(text)).toThrow(error);
      else expect(jsonForm(text)).toBeUndefined();
    },
  );

  test.each(
    table<{
      text: string;
      directives: readonly object[];
      syntax?: { cmdline: string; ref: string; line: number };
      check?: { cmdline: string; ref: string; line: number };
    }>('directives'),
  )('directives of $text', ({ text, directives, syntax, check }) => {
    expect(readDirectives({ file: 'Dockerfile', lines: physicalLines(text) })).toEqual(directives);
    for (const [name, wanted] of Object.entries({ syntax, check })) {
      const found = detectDirective(name, text);
      const got = found && { cmdline: found.text, ref: found.word, line: found.line };
      expect(got).toEqual(wanted);
    }
  });
});
