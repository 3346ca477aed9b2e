/**
 * The CRI text log format: `<RFC 3339 time> <stdout|stderr> <tags> <content>\n`, where the tags are `F` (the line is
 * complete) or `P` (it continues), possibly with further tags after a colon.
 */

/** Length of a time in the shim's format: `2026-01-02T03:04:05.123456789Z`. */
const timeLength = 30;

const space = 0x20;
/** `o` of `stdout`, `e` of `stderr`: the first letter that differs. */
const letterO = 0x6f;
const letterE = 0x65;
const partialTag = 0x50;
const fullTag = 0x46;

/** Header of one line; `content` is -1 when the line is not in this format. */
export interface CriHeader {
  /** Offset of the content. */
  content: number;
  stderr: boolean;
  partial: boolean;
}

/**
 * Reads the header of the line in `bytes[start, end)` into `out`. Does not allocate, because it is called for each line
 * of gigabytes. Returns whether the line is a log line.
 */
export function readCriHeader(bytes: Buffer, start: number, end: number, out: CriHeader): boolean {
  let at = start + timeLength;
  if (at >= end || bytes[at] !== space) {
    at = bytes.indexOf(space, start);
    if (at < 0 || at >= end || at - start < 20) return false;
  }
  // Every time has its `T` at offset 10 and is UTC or has an offset; other text of the right length is refused here.
  if (bytes[start + 10] !== 0x54) return false;
  const stream = at + 1;
  if (stream + 8 >= end || bytes[stream + 6] !== space) return false;
  if (bytes[stream] !== 0x73 || bytes[stream + 1] !== 0x74 || bytes[stream + 2] !== 0x64) return false;
  const letter = bytes[stream + 3];
  if (letter !== letterO && letter !== letterE) return false;
  const tag = bytes[stream + 7];
  if (tag !== partialTag && tag !== fullTag) return false;
  let content = stream + 8;
  if (bytes[content] !== space) {
    if (bytes[content] !== 0x3a) return false;
    content = bytes.indexOf(space, content);
    if (content < 0 || content >= end) return false;
  }
  out.content = content + 1;
  out.stderr = letter === letterE;
  out.partial = tag === partialTag;
  return true;
}

/**
 * Compares the time (UTC) at `bytes[start…]` with `bound`, a time in the format of `logTime`. Negative: the line is
 * older. Missing fractional digits count as zeros.
 */
export function compareTime(bytes: Buffer, start: number, bound: string): number {
  for (let i = 0; i < timeLength - 1; i++) {
    const byte = bytes[start + i]!;
    if (i >= 19 && (byte < 0x2e || byte > 0x39)) return /[1-9]/.test(bound.slice(i)) ? -1 : 0;
    const difference = byte - bound.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Nanoseconds since the epoch in the log's time format. */
export function logTime(nanoseconds: bigint): string {
  const floor = nanoseconds < 0n ? 0n : nanoseconds;
  const seconds = floor / 1_000_000_000n;
  const fraction = (floor % 1_000_000_000n).toString().padStart(9, '0');
  // The format ends with the year 9999; later limits have the same effect.
  const capped = seconds > 253_402_300_799n ? 253_402_300_799n : seconds;
  return `${new Date(Number(capped) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
