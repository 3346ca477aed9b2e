import { NotHandled } from './problem.ts';
import { char, isBlank, isDocumentMarker, type Scanner } from './scanner.ts';

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

/** A quoted scalar; `pos` is on its opening quote and ends after the closing one. */
export function readQuoted(scanner: Scanner, indent: number): string {
  const { text } = scanner;
  const start = scanner.pos;
  const quote = text.charCodeAt(start) === char.doubleQuote ? '"' : "'";
  const close = text.indexOf(quote, start + 1);
  if (close < 0) throw new NotHandled('an unclosed quote', start);
  const simple = text.slice(start + 1, close);
  if (
    !simple.includes('\n') &&
    (quote === '"' ? !simple.includes('\\') : text.charCodeAt(close + 1) !== char.singleQuote)
  ) {
    scanner.pos = close + 1;
    return simple;
  }
  return quote === '"' ? readDoubleQuoted(scanner, indent) : readSingleQuoted(scanner, indent);
}

function readSingleQuoted(scanner: Scanner, indent: number): string {
  const { text } = scanner;
  const lines: string[] = [];
  let line = '';
  let from = scanner.pos + 1;
  for (let pos = from; ; pos += 1) {
    const code = text.charCodeAt(pos);
    if (code === char.singleQuote) {
      if (text.charCodeAt(pos + 1) !== char.singleQuote) {
        lines.push(line + text.slice(from, pos));
        scanner.pos = pos + 1;
        return lines.join('');
      }
      line += text.slice(from, pos + 1);
      pos += 1;
      from = pos + 1;
    } else if (code === char.newline) {
      lines.push(withoutTrailingBlanks(line + text.slice(from, pos), 0));
      scanner.pos = pos;
      lines.push(foldBreak(scanner, indent));
      line = '';
      from = scanner.pos;
      pos = from - 1;
    } else if (Number.isNaN(code)) throw new NotHandled('an unclosed quote', scanner.pos);
  }
}

function readDoubleQuoted(scanner: Scanner, indent: number): string {
  const { text } = scanner;
  const start = scanner.pos;
  const lines: string[] = [];
  let line = '';
  let from = start + 1;
  /** Length of `line` that trimming at a line break must not touch: escapes are content. */
  let kept = 0;
  for (let pos = from; ; pos += 1) {
    const code = text.charCodeAt(pos);
    if (code === char.doubleQuote) {
      lines.push(line + text.slice(from, pos));
      scanner.pos = pos + 1;
      return lines.join('');
    }
    if (code === char.backslash) {
      line += text.slice(from, pos);
      const name = text[pos + 1] ?? '';
      if (name === '\n') {
        scanner.pos = pos + 1;
        const folded = foldBreak(scanner, indent);
        line += folded === ' ' ? '' : folded;
        from = scanner.pos;
        pos = from - 1;
      } else {
        const width = name === 'x' ? 2 : name === 'u' ? 4 : name === 'U' ? 8 : 0;
        const plain = Object.hasOwn(escapes, name) ? escapes[name] : undefined;
        if (plain !== undefined) line += plain;
        else if (width > 0) line += readCodePoint(text, pos + 2, width);
        else throw new NotHandled('an unknown escape', pos);
        pos += 1 + width;
        from = pos + 1;
      }
      kept = line.length;
    } else if (code === char.newline) {
      lines.push(withoutTrailingBlanks(line + text.slice(from, pos), kept));
      scanner.pos = pos;
      lines.push(foldBreak(scanner, indent));
      line = '';
      kept = 0;
      from = scanner.pos;
      pos = from - 1;
    } else if (Number.isNaN(code)) throw new NotHandled('an unclosed quote', start);
  }
}

/** The text without spaces and tabs at its end; its first `kept` characters stay. */
function withoutTrailingBlanks(text: string, kept: number): string {
  let end = text.length;
  while (end > kept && (text.charCodeAt(end - 1) === char.space || text.charCodeAt(end - 1) === char.tab)) {
    end -= 1;
  }
  return text.slice(0, end);
}

function readCodePoint(text: string, offset: number, width: number): string {
  const digits = text.slice(offset, offset + width);
  const code = Number.parseInt(digits, 16);
  if (digits.length !== width || !/^[0-9a-fA-F]+$/.test(digits) || code > 0x10ffff) {
    throw new NotHandled('an unknown escape', offset);
  }
  return String.fromCodePoint(code);
}

/** At a line end inside a quoted scalar: skips to the next content; one break is a space, more are newlines. */
function foldBreak(scanner: Scanner, indent: number): string {
  const { text } = scanner;
  let pos = scanner.pos;
  let breaks = 0;
  while (text.charCodeAt(pos) === char.newline) {
    breaks += 1;
    pos += 1;
    scanner.lineStart = pos;
    if (isDocumentMarker(text, pos)) throw new NotHandled('a document marker inside quotes', pos);
    while (text.charCodeAt(pos) === char.space || text.charCodeAt(pos) === char.tab) pos += 1;
  }
  if (pos - scanner.lineStart <= indent) throw new NotHandled('little indentation inside quotes', pos);
  scanner.pos = pos;
  return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
}

/** Offset of the `:` that makes the plain text at `pos` a mapping key on its line, or -1. */
export function findKeyEnd(scanner: Scanner): number {
  const { text } = scanner;
  for (let pos = scanner.pos; ; pos += 1) {
    const code = text.charCodeAt(pos);
    if (code === char.colon) {
      if (isBlank(text.charCodeAt(pos + 1))) return pos;
    } else if (code === char.newline || Number.isNaN(code)) return -1;
    else if (code === char.hash && isBlank(text.charCodeAt(pos - 1))) return -1;
  }
}

/**
 * A plain scalar outside flow collections, over any number of lines; `pos` ends after its last character.
 * @param indent column of the enclosing collection: continuation lines are further right.
 */
export function readPlain(scanner: Scanner, indent: number): string {
  const { text } = scanner;
  let value = '';
  let breaks = 0;
  for (;;) {
    const start = scanner.pos;
    let end = start;
    let pos = start;
    let comment = false;
    for (; ; pos += 1) {
      const code = text.charCodeAt(pos);
      if (code === char.newline || Number.isNaN(code)) break;
      if (code === char.space || code === char.tab) continue;
      if (code === char.hash && pos > start && isBlank(text.charCodeAt(pos - 1))) {
        comment = true;
        break;
      }
      if (code === char.colon && isBlank(text.charCodeAt(pos + 1))) {
        throw new NotHandled('a mapping inside a value', pos);
      }
      end = pos + 1;
    }
    if (breaks > 0) value += breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
    value = value === '' && breaks === 0 ? text.slice(start, end) : value + text.slice(start, end);
    scanner.pos = end;
    if (comment || Number.isNaN(text.charCodeAt(pos))) return value;
    breaks = 0;
    let next = pos;
    let lineStart = scanner.lineStart;
    while (text.charCodeAt(next) === char.newline) {
      breaks += 1;
      next += 1;
      lineStart = next;
      while (text.charCodeAt(next) === char.space || text.charCodeAt(next) === char.tab) next += 1;
    }
    const code = text.charCodeAt(next);
    if (Number.isNaN(code) || code === char.hash || next - lineStart <= indent) return value;
    if (lineStart === next && isDocumentMarker(text, next)) return value;
    if (text.slice(pos, next).includes('\t')) throw new NotHandled('a tab before content', next);
    scanner.pos = next;
    scanner.lineStart = lineStart;
  }
}
