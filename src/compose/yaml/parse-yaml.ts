import type { NodePlaces, YamlStream } from './document.ts';
import { parseDirectly } from './parse.ts';
import { NotHandled, YamlProblem } from './problem.ts';

/** The full parser uses about a hundred bytes per character; longer texts (in code units) are not given to it. */
const fullParserLimit = 1_500_000;

/** A parsed stream, and the parser that read it, which runs again if places of nodes are needed. */
export interface Parsed {
  readonly stream: YamlStream;
  again(places: Map<object, NodePlaces>): YamlStream;
}

/**
 * Parses a YAML stream: directly if possible, else with the full parser, which is loaded only then.
 * @param text from `normalizeText`; offsets in results refer to it.
 * @throws YamlProblem
 */
export async function parseYaml(text: string): Promise<Parsed> {
  let reason: NotHandled;
  try {
    return { stream: parseDirectly(text), again: (places) => parseDirectly(text, places) };
  } catch (error) {
    if (!(error instanceof NotHandled)) throw error;
    reason = error;
    if (text.length > fullParserLimit) {
      const size = (text.length / 1e6).toFixed(1);
      throw new YamlProblem(
        'too-large',
        `${error.message} is a mistake here, or is syntax that files of this size (${size} MB) can't use`,
        error.offset,
        'Correct the line, write it in plainer YAML, or split the file.',
      );
    }
  }
  const { parseFully } = await import('./parse-fully.ts');
  try {
    return { stream: parseFully(text), again: (places) => parseFully(text, places) };
  } catch (error) {
    throw error instanceof YamlProblem ? explain(error, reason, text) : error;
  }
}

/** Plainer wording for the full parser's messages, by what they contain. */
const plainer: readonly (readonly [pattern: RegExp, message: string | undefined, hint: string])[] = [
  [/tabs are not allowed/, undefined, 'Indent with spaces.'],
  [
    /nested mappings are not allowed/,
    'a colon and a space inside a value, which is not quoted',
    'Put the value in quotes, or the nested key on a line of its own.',
  ],
  [
    /all (?:mapping|collection) items must start at the same column/,
    'indented neither like what is above it nor as a part of it',
    'Give all entries of one mapping or list the same indentation.',
  ],
  [
    /implicit (?:map )?keys need to be/,
    'neither a key with its colon nor a part of the value above',
    'Write a colon and a space after a key.',
  ],
  [
    /must be sufficiently indented and end with/,
    'the bracket opened above is not closed before this',
    'Close it with ] or }.',
  ],
  [/cannot start with reserved character|unexpected scalar/, undefined, 'Put the value in quotes.'],
  [/unexpected flow-(?:map|seq)-end/, 'a bracket is closed here that was never opened', 'Remove it.'],
];

/** The full parser's error in plain words; for something that is never closed, the place where it was opened. */
function explain(error: YamlProblem, reason: NotHandled, text: string): YamlProblem {
  if (error.kind !== 'syntax') return error;
  if (reason.message.startsWith('an unclosed ')) {
    const what = reason.message.slice('an unclosed '.length);
    return new YamlProblem(
      'syntax',
      `the ${what} opened here is never closed`,
      reason.offset,
      `Close the ${what}.`,
    );
  }
  const line = lineAt(text, error.offset);
  if (/^(?:<{7}|={7}|>{7})(?: |$)/.test(line))
    return new YamlProblem(
      'syntax',
      'a mark of a merge conflict',
      error.offset,
      'Keep one of the two sides, and remove the marks.',
    );
  const spaceless = /implicit (?:map )?keys need/.test(error.message)
    ? keyWithoutSpace(text, reason.offset)
    : undefined;
  if (spaceless !== undefined) return spaceless;
  const found = plainer.find(([pattern]) => pattern.test(error.message));
  if (found === undefined) return error;
  const [, message, hint] = found;
  const at = reason.message === 'a mapping inside a value' ? reason.offset : error.offset;
  const offset = /same column/.test(error.message) ? firstCharacter(text, at) : at;
  return new YamlProblem('syntax', message ?? error.message, offset, hint);
}

/** The line that an offset is in. */
function lineAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? text.length : end);
}

/** The offset of the first non-blank character of the line. */
function firstCharacter(text: string, offset: number): number {
  let at = text.lastIndexOf('\n', offset - 1) + 1;
  while (text[at] === ' ') at += 1;
  return at;
}

/** `key:value` on the line before the offset, which turns an intended key into text. */
function keyWithoutSpace(text: string, offset: number): YamlProblem | undefined {
  const end = text.lastIndexOf('\n', offset - 1);
  if (end < 0) return undefined;
  const start = text.lastIndexOf('\n', end - 1) + 1;
  const found = /^(\s*(?:- +)*)([A-Za-z_][\w.-]*):([^\s/].*)$/.exec(text.slice(start, end));
  if (found === null) return undefined;
  const [, before = '', key = '', value = ''] = found;
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return new YamlProblem(
    'syntax',
    `no space behind the colon of "${key}"`,
    start + before.length + key.length,
    `Write ${key}: ${shown}`,
  );
}

/** Text with `\n` as the only line break, to which offsets refer. */
export function normalizeText(source: string): string {
  return source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
}
