import { TagMark } from './document.ts';
import { aliasBudget, maxDepth, NotHandled, YamlProblem } from './problem.ts';
import { resolvePlain, scalarText } from './resolve-plain.ts';
import { char, isBlank, type Scanner } from './scanner.ts';

/** Anchor and tag before a node. */
export interface Properties {
  anchor: string | undefined;
  tag: string | undefined;
  offset: number;
}

const simpleTag = /^!{1,2}[a-z][a-z0-9_-]*$/i;

/** Reads `&anchor` and `!tag` in any order; `pos` ends after the last one. */
export function readProperties(scanner: Scanner): Properties | undefined {
  let properties: Properties | undefined;
  const { text } = scanner;
  for (;;) {
    const code = text.charCodeAt(scanner.pos);
    if (code !== char.ampersand && code !== char.bang) return properties;
    const offset = scanner.pos;
    let end = offset + 1;
    while (!isBlank(text.charCodeAt(end)) && !isFlowIndicator(text.charCodeAt(end))) end += 1;
    const after = text.charCodeAt(end);
    // Parsers refuse `!tag{}`: the full one says so with its place.
    if (after === char.openBracket || after === char.openBrace) throw new NotHandled('a bracket', end);
    const word = text.slice(offset, end);
    properties ??= { anchor: undefined, tag: undefined, offset };
    if (code === char.ampersand) {
      if (properties.anchor !== undefined || word === '&') throw new NotHandled('an anchor', offset);
      properties.anchor = word.slice(1);
    } else {
      if (properties.tag !== undefined || !simpleTag.test(word)) throw new NotHandled('a tag', offset);
      properties.tag = word;
    }
    scanner.pos = end;
    while (text.charCodeAt(scanner.pos) === char.space || text.charCodeAt(scanner.pos) === char.tab) {
      scanner.pos += 1;
    }
  }
}

/** Whether a character code is one of `,[]{}`. */
export function isFlowIndicator(code: number): boolean {
  return (
    code === char.comma ||
    code === char.openBracket ||
    code === char.closeBracket ||
    code === char.openBrace ||
    code === char.closeBrace
  );
}

/** Runs `read` for a node with an anchor, so that aliases inside it are recognised as cycles, and stores its value. */
export function anchored(scanner: Scanner, name: string | undefined, read: () => unknown): unknown {
  if (name === undefined) return read();
  scanner.anchors.set(name, { value: undefined, weight: 0, open: true });
  const before = scanner.nodes + scanner.aliased;
  const value = read();
  scanner.anchors.set(name, { value, weight: scanner.nodes + scanner.aliased - before, open: false });
  return value;
}

/**
 * The value of an alias; `pos` is on `*` and ends after the name. A colon does not end a name, as in the Go parser:
 * `*name: value` has the alias as its key.
 */
export function readAlias(scanner: Scanner): unknown {
  const { text } = scanner;
  const offset = scanner.pos;
  let end = offset + 1;
  while (!isBlank(text.charCodeAt(end)) && !isFlowIndicator(text.charCodeAt(end))) end += 1;
  if (text.charCodeAt(end - 1) === char.colon) end -= 1;
  const name = text.slice(offset + 1, end);
  scanner.pos = end;
  return followAlias(scanner, name, offset);
}

/**
 * The value of an anchor, counted against the document's budget for aliased values.
 * @throws YamlProblem for an unknown anchor, a cycle, or an alias bomb.
 */
export function followAlias(
  state: Pick<Scanner, 'anchors' | 'text' | 'aliased'>,
  name: string,
  offset: number,
): unknown {
  const anchor = state.anchors.get(name);
  if (anchor === undefined) {
    if (name === '') {
      const hint = 'Put the value in quotes if the * is meant as it is.';
      throw new YamlProblem('alias', 'a * that names no anchor', offset, hint);
    }
    throw new YamlProblem(
      'alias',
      `unknown anchor "${name}" referenced`,
      offset,
      `Define it before its use: put &${name} in front of the value it stands for. Put the value in quotes if the * is meant as it is.`,
    );
  }
  if (anchor.open) {
    throw new YamlProblem('alias', `cycle detected: "*${name}" stands inside the value it refers to`, offset);
  }
  state.aliased += anchor.weight;
  const budget = aliasBudget(state.text.length);
  if (state.aliased > budget) {
    throw new YamlProblem(
      'too-large',
      `aliases blow the document up to more than ${budget} values`,
      offset,
      'Repeat less through aliases, or split the file.',
    );
  }
  return anchor.value;
}

/** The value of a plain scalar under an optional tag. */
export function plainValue(scanner: Scanner, text: string, properties: Properties | undefined): unknown {
  const tag = properties?.tag;
  if (tag === undefined) return resolvePlain(text);
  return tagged(scanner, resolvePlain(text), properties, text);
}

/** Applies a tag to a node's value; `raw` is the text of a scalar. */
export function tagged(
  scanner: Scanner,
  value: unknown,
  properties: Properties | undefined,
  raw: string | undefined,
): unknown {
  const tag = properties?.tag;
  if (properties === undefined || tag === undefined) return value;
  if (tag === '!reset' || tag === '!override') {
    scanner.marked = true;
    return new TagMark(tag, value);
  }
  return applyStandardTag(tag, value, raw, properties.offset, scanner.unknownTags);
}

/**
 * Applies a `!!type` tag to a value. A tag that is unknown, or does not apply to a value of this form (a scalar's on a
 * mapping, for example), is recorded and otherwise ignored, as by the Go parser; a scalar then stays text.
 */
export function applyStandardTag(
  tag: string,
  value: unknown,
  raw: string | undefined,
  offset: number,
  unknownTags: { tag: string; offset: number }[],
): unknown {
  const convert = scalarTags[tag];
  if (raw !== undefined && convert !== undefined) {
    const converted = convert(raw);
    if (converted !== undefined) return converted;
    throw new YamlProblem('syntax', `the value does not fit its tag ${tag}`, offset);
  }
  const collection = raw === undefined ? (Array.isArray(value) ? '!!seq' : '!!map') : undefined;
  if (tag === collection || (tag === '!' && raw === undefined)) return value;
  unknownTags.push({ tag, offset });
  return raw ?? value;
}

/** Values of scalars by their tag; undefined for a text that the tag does not allow. */
const scalarTags: Readonly<
  Record<string, ((raw: string) => null | boolean | number | string | undefined) | undefined>
> = {
  '!': (raw) => raw,
  '!!str': (raw) => raw,
  '!!int': (raw) => {
    // Too many digits for a number stay text.
    const number = /^[-+]?(?:0[box][0-9a-f_]+|[0-9_]+)$/i.test(raw) ? resolvePlain(raw) : undefined;
    return typeof number === 'number' || (typeof number === 'string' && /^[-+]?\d+$/.test(number))
      ? number
      : undefined;
  },
  '!!float': (raw) => {
    const number = resolvePlain(raw);
    return typeof number === 'number' ? number : undefined;
  },
  '!!bool': (raw) => {
    const truth = resolvePlain(raw);
    return typeof truth === 'boolean' ? truth : undefined;
  },
  '!!null': (raw) => (resolvePlain(raw) === null ? null : undefined),
  '!!binary': (raw) => {
    const digits = raw.replace(/\s/g, '');
    if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(digits, 'base64'));
    } catch {
      return undefined;
    }
  },
};

/** Where mistakes are recorded that leave a document readable. */
interface Notes {
  readonly text: string;
  readonly mistakes: YamlProblem[];
}

/** Most mistakes to record: each requires counting lines. */
const maxNoted = 20;

/**
 * The text of a mapping's key from a scalar; anything but a string is recorded as a mistake, because Docker Compose
 * refuses it.
 */
export function keyText({ mistakes }: Notes, value: unknown, raw: string, offset: number): string {
  if (typeof value !== 'string') {
    const shown =
      typeof value === 'number' || typeof value === 'boolean' ? scalarText(value) : raw || 'an empty one';
    const hint = raw === '' ? 'Write a key before the colon.' : `Quote the key: "${raw}".`;
    const problem = new YamlProblem('key-type', `non-string key: ${shown}`, offset, hint);
    if (mistakes.length < maxNoted) mistakes.push(problem);
    return raw;
  }
  if (value === '__proto__') throw new YamlProblem('key-type', 'the key __proto__ is reserved', offset);
  return value;
}

/** Records a key that its mapping already has, at the offset `second`; `first` finds the offset of the other. */
export function noteDuplicate(
  { text, mistakes }: Notes,
  key: string,
  first: () => number | undefined,
  second: number,
): void {
  if (mistakes.length === maxNoted) return;
  const known = lineOf(text, first() ?? second);
  const message = `line ${lineOf(text, second)}: mapping key "${key}" already defined at line ${known}`;
  const hint = 'Remove one of the two, or merge what is under them.';
  mistakes.push(new YamlProblem('duplicate-key', message, second, hint));
}

/** Line of an offset, from 1. */
function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Copies into `target` what the value under `<<` has and `target` lacks. In a list, earlier mappings take precedence. */
export function applyMergeKey(target: Record<string, unknown>, merged: unknown, offset: number): object[] {
  const sources = Array.isArray(merged) ? merged : [merged];
  for (const source of sources) {
    if (source instanceof TagMark || typeof source !== 'object' || source === null || Array.isArray(source)) {
      throw new YamlProblem(
        'syntax',
        'map merge requires map or sequence of maps as the value',
        offset,
        'After <<: comes *anchor, a mapping, or a list of those.',
      );
    }
    for (const key in source) {
      if (!Object.hasOwn(target, key)) target[key] = (source as Record<string, unknown>)[key];
    }
  }
  return sources as object[];
}

/** Goes one level down; throws when the nesting is too deep. */
export function enter(scanner: Scanner): void {
  scanner.depth += 1;
  if (scanner.depth > maxDepth) {
    throw new YamlProblem('too-deep', `more than ${maxDepth} levels of nesting`, scanner.pos);
  }
}
