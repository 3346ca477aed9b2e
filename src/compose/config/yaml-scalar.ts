/**
 * How Go's YAML encoder (go.yaml.in/yaml) writes a string, so that `config` prints what Docker Compose prints. It
 * follows the rules of libyaml's emitter: plain if a reader would read the same string, double quotes if it would be
 * read as another type, single quotes if only the characters forbid plain style, a literal block for several lines.
 */
type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

interface ScalarPlace {
  /** The string is a key of a mapping: only one line. */
  readonly key: boolean;
}

/** The style for a string. */
export function styleOf(text: string, place: ScalarPlace): ScalarStyle {
  if (harmless.test(text)) return words.has(text) ? 'double' : 'plain';
  const allowed = analyse(text);
  if (text.includes('\n')) return allowed.block && !place.key ? 'literal' : 'double';
  if (isOtherType(text)) return 'double';
  if (allowed.plain) return 'plain';
  return allowed.single ? 'single' : 'double';
}

/** The common case, which is cheap to recognise: of these texts only the words below could be read as anything but a string. */
const harmless = /^[A-Za-z/_](?:[A-Za-z0-9_./=+@,;$%-]| (?=[A-Za-z0-9])|:(?=[A-Za-z0-9/]))*$/;

const words = new Set(['', '~', '<<', '.nan', '.NaN', '.NAN']);
for (const word of ['null', 'true', 'false']) {
  for (const form of [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()])
    words.add(form);
}
for (const word of ['.inf', '.Inf', '.INF']) for (const sign of ['', '+', '-']) words.add(sign + word);
/** Booleans of YAML 1.1, quoted for old readers. */
for (const word of ['y', 'yes', 'on', 'n', 'no', 'off']) {
  for (const form of [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()])
    words.add(form);
}

const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const date = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$/;
const time =
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?[ \t]*(?:[Zz]|[-+][0-9]{2}:[0-9]{2})?$/;

/** Whether a reader would read the plain text as a number, boolean, null, date or merge key. */
function isOtherType(text: string): boolean {
  if (words.has(text)) return true;
  if (!/^[-+.0-9]/.test(text)) return false;
  const digits = text.replaceAll('_', '');
  return (
    integer.test(digits) || float.test(digits) || sexagesimal.test(text) || date.test(text) || time.test(text)
  );
}

/** Characters that are not escaped: the line feed, printable ASCII, and most of the basic multilingual plane. */
const printable = (code: number): boolean =>
  code === 0x0a ||
  (code >= 0x20 && code <= 0x7e) ||
  (code >= 0xa0 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff);

const isBreak = (char: string): boolean => /[\r\n\u0085\u2028\u2029]/.test(char);

interface Allowed {
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

function analyse(text: string): Allowed {
  const chars = [...text];
  let special = false;
  let tab = false;
  let lines = false;
  let breakSpace = false;
  let spaceBreak = false;
  let indicator = /^(?:---|\.\.\.)/.test(text);
  let before = ' ';
  for (const [at, char] of chars.entries()) {
    const after = chars[at + 1] ?? ' ';
    const blankAfter = after === ' ' || after === '\t' || isBreak(after);
    const blankBefore = before === ' ' || before === '\t' || isBreak(before);
    if (at === 0) {
      indicator ||= ',[]{}#&*!|>\'"%@`'.includes(char) || ('-?:'.includes(char) && blankAfter);
    } else indicator ||= (char === ':' && blankAfter) || (char === '#' && blankBefore);
    if (!printable(char.codePointAt(0) ?? 0)) {
      if (char === '\t') tab = true;
      else special = true;
    }
    if (isBreak(char)) lines = true;
    if (at > 0 && char === ' ' && isBreak(before)) breakSpace = true;
    if (at > 0 && isBreak(char) && before === ' ') spaceBreak = true;
    before = char;
  }
  const edges = /^[ \r\n\u0085\u2028\u2029]|[ \r\n\u0085\u2028\u2029]$/.test(text);
  const odd = spaceBreak || tab || special;
  return {
    plain: !edges && !breakSpace && !odd && !lines && !indicator,
    single: !breakSpace && !odd,
    block: !text.endsWith(' ') && !spaceBreak && !special,
  };
}

const named: Readonly<Record<number, string>> = {
  0: '0',
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  27: 'e',
  34: '"',
  92: '\\',
  133: 'N',
  160: '_',
  8232: 'L',
  8233: 'P',
};

/** A string in double quotes, with unprintable characters escaped. */
export function doubleQuoted(text: string): string {
  let quoted = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const hidden = char === '"' || char === '\\' || isBreak(char) || !printable(code);
    quoted += hidden ? escaped(code) : char;
  }
  return `"${quoted}"`;
}

function escaped(code: number): string {
  const short = named[code];
  if (short !== undefined) return `\\${short}`;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** A string in single quotes. */
export const singleQuoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
