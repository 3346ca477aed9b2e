import { type SourcePlace, TcomposeError } from '../../errors.ts';
import { InvalidTemplate, substitute } from '../interpolate/template.ts';
import type { Warning } from '../warning.ts';

/** The value of a variable, or undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Name → value; a name without a value that can't be resolved is absent. */
export type EnvEntries = Map<string, string>;

interface DotenvOptions {
  /** Values that take precedence over the file's: for bare keys and references. */
  readonly lookup: Lookup;
  /** Values of the files before, which the file's own keys precede. */
  readonly earlier?: Lookup | undefined;
  /** Called for a reference to an unset variable. */
  readonly onUnset?: ((name: string) => void) | undefined;
  /** Called for easily misread parts of the file. */
  readonly warn?: ((warning: Warning) => void) | undefined;
  /** Skip a value without a name (`=value`), such as a line of `=====`. Default: refuse it. */
  readonly ignoreNameless?: boolean | undefined;
}

/**
 * Parses a dotenv file: `KEY=value`, `KEY: value`, `export KEY=value`, bare `KEY` (taken from `lookup`), quotes,
 * escapes, values over several lines, `#` comments, and variables, for which `lookup` takes precedence over earlier
 * keys of the file, and these over earlier files. What follows a closing quote is the next statement, and a comment needs a value and a space before
 * it (`KEY= # x` has the value `# x`), as in Docker Compose's parser.
 * @throws TcomposeError COMPOSE_ENV_FILE with the line.
 */
export function parseDotenv(file: string, source: string, options: DotenvOptions): EnvEntries {
  const text = source.replace(/^\uFEFF/, '');
  const { lookup, earlier = () => undefined, onUnset = () => {} } = options;
  const entries: EnvEntries = new Map();
  const resolve: Lookup = (name) => lookup(name) ?? entries.get(name) ?? earlier(name);
  let pos = 0;
  for (;;) {
    pos = skipToKey(text, pos);
    if (pos >= text.length) return entries;
    const key = readKey(file, text, pos, options.ignoreNameless === true);
    if (key.end === 'bare') {
      const inherited = lookup(key.name) ?? earlier(key.name);
      if (inherited !== undefined) entries.set(key.name, inherited);
      pos = key.next;
      continue;
    }
    const value = readValue(file, text, key.next);
    pos = value.next;
    if (key.name === '') continue;
    if (!value.quoted && value.text.startsWith('# ')) {
      options.warn?.({
        message: `${key.name} has the value "${value.text.slice(0, 60)}": a comment must follow a value`,
        hint: 'Put the comment on a line of its own, or the value in quotes.',
        where: placeAt(file, text, key.next),
      });
    }
    entries.set(
      key.name,
      value.expand ? expand(file, text, key.next, value.text, resolve, onUnset) : value.text,
    );
  }
}

/**
 * Parses a file of `format: raw`: `KEY=value` lines taken literally, bare keys from `lookup`, `#` lines skipped.
 * @throws TcomposeError COMPOSE_ENV_FILE
 */
export function parseRawEnv(file: string, source: string, lookup: Lookup): EnvEntries {
  const entries: EnvEntries = new Map();
  for (const [index, full] of source
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = full.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const name = equals < 0 ? line : line.slice(0, equals);
    if (name === '' || /[ \t]/.test(name)) {
      throw fault(
        file,
        full,
        index + 1,
        name === '' ? 'no variable name on line' : `variable "${name}" contains whitespaces`,
      );
    }
    const value = equals < 0 ? lookup(name) : line.slice(equals + 1);
    if (value !== undefined) entries.set(name, value);
  }
  return entries;
}

function skipToKey(text: string, from: number): number {
  let pos = from;
  for (;;) {
    while (pos < text.length && /\s/.test(text.charAt(pos))) pos += 1;
    if (text[pos] !== '#') return pos;
    pos = lineEnd(text, pos);
  }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

interface Key {
  readonly name: string;
  readonly end: 'assigned' | 'bare';
  /** Offset after the separator, or after the line for a bare key. */
  readonly next: number;
}

function readKey(file: string, text: string, start: number, mayBeNameless: boolean): Key {
  const exported = /export[ \t]+/y;
  exported.lastIndex = start;
  const from = exported.test(text) ? exported.lastIndex : start;
  const end = lineEnd(text, from);
  const line = text.slice(from, end);
  const separator = /[=:]/.exec(line);
  const name = (separator === null ? line : line.slice(0, separator.index)).trim();
  const comment = separator === null ? name.search(/\s#/) : -1;
  const bare = comment < 0 ? name : name.slice(0, comment).trimEnd();
  const bad = /[^\p{L}\p{Nd}_.\-[\]]/u.exec(bare);
  if (bad !== null || (bare === '' && !mayBeNameless)) {
    const message =
      bare === ''
        ? 'no variable name before the separator'
        : `unexpected character "${bad?.[0]}" in variable name "${bare}"`;
    const offset = from + Math.max(0, line.indexOf(bad?.[0] ?? ''));
    throw faultAt(file, text, offset, message, 'A line is NAME=VALUE; a comment begins with #.');
  }
  if (separator === null) return { name: bare, end: 'bare', next: end };
  return { name: bare, end: 'assigned', next: from + separator.index + 1 };
}

interface Value {
  readonly text: string;
  readonly quoted: boolean;
  /** Whether to replace variables in it. */
  readonly expand: boolean;
  readonly next: number;
}

function readValue(file: string, text: string, from: number): Value {
  let pos = from;
  while (pos < text.length && /[\t\v\f\r \u0085\u00A0]/.test(text.charAt(pos))) pos += 1;
  const quote = text[pos];
  if (quote === '"' || quote === "'") return readQuotedValue(file, text, pos, quote);
  const end = lineEnd(text, pos);
  const line = text.slice(pos, end);
  const comment = line.indexOf(' #');
  const value = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
  return { text: value, quoted: false, expand: true, next: end };
}

function readQuotedValue(file: string, text: string, start: number, quote: string): Value {
  let value = '';
  let pos = start + 1;
  for (; pos < text.length; pos += 1) {
    const char = text.charAt(pos);
    if (char === quote) return { text: value, quoted: true, expand: quote === '"', next: pos + 1 };
    if (char === '\\' && pos + 1 < text.length) {
      const [decoded, length] = quote === '"' ? decodeEscape(text, pos) : decodeSingle(text, pos);
      value += decoded;
      pos += length - 1;
    } else value += char;
  }
  throw faultAt(file, text, start, 'unterminated quoted value', `Close it with ${quote}.`);
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  c: '\\c',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  // Kept for the expansion that follows, in which `$$` is a literal dollar.
  $: '$$',
};

function decodeEscape(text: string, pos: number): [string, number] {
  const octal = /^\\0(\d{0,3})/.exec(text.slice(pos, pos + 5));
  if (octal !== null) {
    const digits = octal[1] ?? '';
    const decoded = /^[0-3][0-7]{2}$/.test(digits)
      ? String.fromCharCode(Number.parseInt(digits, 8))
      : `\\${digits}`;
    return [decoded, octal[0].length];
  }
  const name = text.charAt(pos + 1);
  const decoded = Object.hasOwn(simpleEscapes, name) ? simpleEscapes[name] : undefined;
  return [decoded ?? `\\${name}`, 2];
}

/** In single quotes a backslash only escapes the quote, but it keeps the next character from ending the value. */
function decodeSingle(text: string, pos: number): [string, number] {
  const next = text.charAt(pos + 1);
  return [next === "'" ? "'" : `\\${next}`, 2];
}

function expand(
  file: string,
  text: string,
  offset: number,
  template: string,
  lookup: Lookup,
  onUnset: (name: string) => void,
): string {
  if (!template.includes('$')) return template;
  try {
    return substitute(template, { lookup, onUnset });
  } catch (error) {
    if (!(error instanceof InvalidTemplate)) throw error;
    const message = error.message.length > 200 ? `${error.message.slice(0, 200)}…` : error.message;
    throw faultAt(
      file,
      text,
      offset,
      error.kind === 'format' ? `invalid variable reference: ${message}` : message,
      error.kind === 'format'
        ? 'A variable is $NAME or ${NAME}; single quotes keep a dollar sign as it is.'
        : `Set ${error.variable ?? 'it'} in the environment, or in the file above this line.`,
    );
  }
}

function faultAt(file: string, text: string, offset: number, message: string, hint: string): TcomposeError {
  const { line, column, sourceLine } = placeAt(file, text, offset);
  return new TcomposeError('COMPOSE_ENV_FILE', `failed to read ${file}: line ${line}: ${message}`, {
    hint,
    where: { file, line, column, sourceLine },
  });
}

function placeAt(file: string, text: string, offset: number): SourcePlace & { readonly sourceLine: string } {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(0, lineStart).split('\n').length;
  const sourceLine = text.slice(lineStart, lineEnd(text, lineStart)).trimEnd();
  return { file, line, column: offset - lineStart + 1, sourceLine };
}

function fault(file: string, sourceLine: string, line: number, message: string, column = 1): TcomposeError {
  return new TcomposeError('COMPOSE_ENV_FILE', `failed to read ${file}: line ${line}: ${message}`, {
    where: { file, line, column, sourceLine },
  });
}
