/**
 * Characters that a terminal acts on instead of showing, or that make text look different from what it is: the control
 * characters of ASCII and Latin-1 (including ESC and the one-byte CSI and OSC), and Unicode's marks of direction and
 * line.
 */
const unseen = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const everyUnseen = new RegExp(unseen.source, 'g');

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/**
 * Text from a file, an image, a container or an engine in a form that is safe to show: characters that would move the
 * cursor, set colours or the window's title, or change the reading direction become `\x1b` and the like. Lines and tabs
 * stay.
 */
export function visible(text: string): string {
  return unseen.test(text) ? text.replace(everyUnseen, escaped) : text;
}

/** Like `visible`, for text on one line: line ends and tabs are made visible too, so that it can't pass for several lines. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** Sequences that only set colours and weight, `ESC [ … m`. */
const styling = /\x1b\[[0-9;:]*m/;
/** Other complete sequences: OSC, DCS, SOS, PM and APC strings up to their end, CSI, and two-character ones. */
const acting =
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/;
const everyOutput = new RegExp(`(${styling.source})|${acting.source}|[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f]`, 'g');

/**
 * A line that a container printed, in a form that can be shown among those of others on a terminal: colours stay; what
 * acts on the terminal (cursor, screen, title, clipboard, answers) is dropped, and a carriage return becomes a space,
 * so that no line can pass for another container's.
 */
export function visibleOutput(line: string): string {
  return unseen.test(line)
    ? line.replace(everyOutput, (match, style?: string) => style ?? blank(match))
    : line;
}

/** Like `visibleOutput`, without colours: for a line that is quoted in a sentence of ours. */
export function plainOutput(line: string): string {
  return unseen.test(line) ? line.replace(everyOutput, blank) : line;
}

const blank = (dropped: string): string => (dropped === '\r' ? ' ' : '');
