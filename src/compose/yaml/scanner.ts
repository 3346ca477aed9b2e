import type { NodePlaces } from './document.ts';
import { NotHandled, type YamlProblem } from './problem.ts';

/** Character codes of the indicators. */
export const char = {
  tab: 9,
  newline: 10,
  space: 32,
  bang: 33,
  doubleQuote: 34,
  hash: 35,
  percent: 37,
  ampersand: 38,
  singleQuote: 39,
  asterisk: 42,
  comma: 44,
  dash: 45,
  dot: 46,
  colon: 58,
  greater: 62,
  question: 63,
  at: 64,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  backtick: 96,
  openBrace: 123,
  pipe: 124,
  closeBrace: 125,
} as const;

/** What an anchor refers to; `open` while its node is still being read. */
export interface Anchor {
  readonly value: unknown;
  /** Number of nodes in it, including those behind aliases. */
  readonly weight: number;
  readonly open: boolean;
}

/** Reading position and shared state of the direct parser's parts. Lines end only with `\n`. */
export interface Scanner {
  readonly text: string;
  pos: number;
  /** Offset of the first character of the line that `pos` is on. */
  lineStart: number;
  depth: number;
  /** Offset of the outermost open bracket, -1 outside of any. */
  flowStart: number;
  /** Number of nodes read, and of nodes that aliases stand for. */
  nodes: number;
  aliased: number;
  readonly anchors: Map<string, Anchor>;
  /** Set if places of nodes are needed. */
  readonly places: Map<object, NodePlaces> | undefined;
  /** Unknown tags, with their offsets. */
  readonly unknownTags: { tag: string; offset: number }[];
  /** Mistakes that leave the text readable. */
  readonly mistakes: YamlProblem[];
  /** Whether there was a `!reset` or `!override`. */
  marked: boolean;
}

/** A scanner at the start of a text, after its byte order mark. `places`, if given, collects the positions of nodes. */
export function createScanner(text: string, places: Map<object, NodePlaces> | undefined): Scanner {
  return {
    text,
    pos: text.charCodeAt(0) === 0xfeff ? 1 : 0,
    lineStart: text.charCodeAt(0) === 0xfeff ? 1 : 0,
    depth: 0,
    flowStart: -1,
    nodes: 0,
    aliased: 0,
    anchors: new Map(),
    places,
    unknownTags: [],
    mistakes: [],
    marked: false,
  };
}

/** Whether the character ends a word: blank, line end or end of text. */
export function isBlank(code: number): boolean {
  return code === char.space || code === char.newline || code === char.tab || Number.isNaN(code);
}

/** Whether `---` or `...` is at the start of the line at `offset`. */
export function isDocumentMarker(text: string, offset: number): boolean {
  const code = text.charCodeAt(offset);
  return (
    (code === char.dash || code === char.dot) &&
    text.charCodeAt(offset + 1) === code &&
    text.charCodeAt(offset + 2) === code &&
    isBlank(text.charCodeAt(offset + 3))
  );
}

/**
 * Skips blanks, comments and line ends up to the next content, and returns its column (from 0), or -1 at the end of the
 * document. Does not move if it is on content already.
 */
export function nextContent(scanner: Scanner): number {
  const { text } = scanner;
  let pos = scanner.pos;
  for (;;) {
    const code = text.charCodeAt(pos);
    if (code === char.space) pos += 1;
    else if (code === char.newline) {
      pos += 1;
      scanner.lineStart = pos;
    } else if (code === char.tab) {
      pos = skipTabs(scanner, pos);
    } else if (code === char.hash && (pos === scanner.lineStart || isBlank(text.charCodeAt(pos - 1)))) {
      const end = text.indexOf('\n', pos);
      pos = end < 0 ? text.length : end;
    } else {
      scanner.pos = pos;
      if (Number.isNaN(code)) return -1;
      const column = pos - scanner.lineStart;
      if (column === 0 && isDocumentMarker(text, pos)) return -1;
      return column;
    }
  }
}

/** Tabs may separate words and fill blank lines; whether they may indent content is left to the full parser. */
function skipTabs(scanner: Scanner, from: number): number {
  const { text } = scanner;
  let pos = from;
  while (text.charCodeAt(pos) === char.tab || text.charCodeAt(pos) === char.space) pos += 1;
  const code = text.charCodeAt(pos);
  if (code !== char.newline && code !== char.hash) {
    throw new NotHandled('a tab before content', from);
  }
  return pos;
}

/** Skips spaces and tabs inside a line. */
export function skipBlanks(scanner: Scanner): number {
  const { text } = scanner;
  let pos = scanner.pos;
  let code = text.charCodeAt(pos);
  while (code === char.space || code === char.tab) code = text.charCodeAt(++pos);
  scanner.pos = pos;
  return code;
}

/** Whether the rest of the line is only blanks and a comment; `pos` is then on its first character after blanks. */
export function atLineEnd(scanner: Scanner): boolean {
  const before = scanner.pos;
  const code = skipBlanks(scanner);
  if (code === char.newline || Number.isNaN(code)) return true;
  return code === char.hash && (scanner.pos > before || isBlank(scanner.text.charCodeAt(scanner.pos - 1)));
}

/** Throws NotHandled unless the rest of the line is only a comment. */
export function expectLineEnd(scanner: Scanner): void {
  if (!atLineEnd(scanner)) throw new NotHandled('text after a value', scanner.pos);
}
