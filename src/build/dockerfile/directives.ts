import { fault, faultAt, type SourceText } from './fault.ts';

/** `# name=value` at the top of a Dockerfile. */
export interface Directive {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

const known = ['syntax', 'escape', 'check'];
const directive = /^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$/;

/**
 * Directives at the very top, up to the first line that is not a directive, or has an unknown one.
 * @throws TcomposeError BUILD_DOCKERFILE for a duplicate
 */
export function readDirectives(source: SourceText): readonly Directive[] {
  const found: Directive[] = [];
  for (const [at, line] of source.lines.entries()) {
    const [, word = '', value = ''] = directive.exec(line.trim()) ?? [];
    const name = word.toLowerCase();
    if (!known.includes(name)) break;
    const twice = found.find((other) => other.name === name)?.line;
    if (twice !== undefined)
      throw faultAt(source, { start: twice, end: twice }, `only one ${name} parser directive can be used`);
    found.push({ name, value, line: at + 1 });
  }
  return found;
}

/** The escape character: the directive's, or a backslash by default. */
export function escapeCharacter(source: SourceText, directives: readonly Directive[]): string {
  const chosen = directives.find(({ name }) => name === 'escape');
  if (chosen === undefined) return '\\';
  if (chosen.value === '\\' || chosen.value === '`') return chosen.value;
  const range = { start: chosen.line, end: chosen.line };
  throw faultAt(source, range, `invalid escape token '${chosen.value}' does not match \` or \\`);
}

/** A directive in a text that need not be a Dockerfile: its value, its first word, and its line (0 for JSON). */
export interface DetectedDirective {
  readonly text: string;
  readonly word: string;
  readonly line: number;
}

/**
 * A directive by name: in `#` comments; `syntax` also in `//` comments and as a member of a JSON object. A first line
 * `#!…` is skipped.
 */
export function detectDirective(name: string, text: string): DetectedDirective | undefined {
  const first = text.startsWith('#!') ? 1 : 0;
  const lines = text.split('\n').slice(first);
  const comments = name === 'syntax' ? ['#', '//'] : ['#'];
  for (const comment of comments) {
    for (const [at, line] of lines.entries()) {
      const [, word = '', value = ''] = directive.exec(asHash(line.trim(), comment)) ?? [];
      if (!known.includes(word.toLowerCase())) break;
      if (word.toLowerCase() === name)
        return { text: value, word: value.split(/\s+/)[0]!, line: at + first + 1 };
    }
  }
  const member = name === 'syntax' && first === 0 ? jsonMember(text, name) : undefined;
  return member === undefined ? undefined : { text: member, word: member.split(/\s+/)[0]!, line: 0 };
}

const asHash = (line: string, comment: string): string =>
  comment === '#' ? line : line.startsWith(comment) ? `#${line.slice(comment.length)}` : '';

function jsonMember(text: string, name: string): string | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const member = value instanceof Object ? (value as Record<string, unknown>)[name] : undefined;
    return typeof member === 'string' ? member : undefined;
  } catch {
    return undefined;
  }
}

/** Settings of the checks in `# check=`. */
export interface CheckOptions {
  readonly skip: ReadonlySet<string>;
  readonly skipAll: boolean;
  readonly error: boolean;
  readonly experimental: ReadonlySet<string>;
  readonly experimentalAll: boolean;
}

export const defaultChecks: CheckOptions = {
  skip: new Set(),
  skipAll: false,
  error: false,
  experimental: new Set(),
  experimentalAll: false,
};

/** @throws TcomposeError BUILD_DOCKERFILE for an unknown option */
export function readCheckOptions(text: string): CheckOptions {
  let options = defaultChecks;
  if (text === '') return options;
  for (const part of text.split(';', 3)) {
    const at = part.indexOf('=');
    const key = part.slice(0, at < 0 ? undefined : at).trim();
    const value = at < 0 ? '' : part.slice(at + 1).trim();
    const rules = new Set(value.split(',').map((one) => one.trim().toLowerCase()));
    if (at >= 0 && key === 'skip') options = { ...options, skip: rules, skipAll: value === 'all' };
    else if (at >= 0 && key === 'experimental')
      options = { ...options, experimental: rules, experimentalAll: value === 'all' };
    else if (at >= 0 && key === 'error' && /^(?:true|false|1|0)$/i.test(value))
      options = { ...options, error: /^(?:true|1)$/i.test(value) };
    else throw fault(`failed to parse check options: invalid check option "${key}"`);
  }
  return options;
}
