import { type CriHeader, compareTime, readCriHeader } from './cri-line.ts';
import { indexStride, type LogBatch, segmentFlag } from './log-batch.ts';
import type { LogPosition, LogSelection } from './tail-start.ts';

/** State that scanning carries from one chunk to the next; slots are [stdout, stderr]. */
interface ScanState {
  readonly selection: LogSelection;
  /** Segments of a stream before its position are skipped. */
  readonly from: readonly [LogPosition, LogPosition];
  /** The last segment of the stream that was shown is partial: the next one continues its line. */
  readonly continued: [boolean, boolean];
  /** A segment later than `until` was found. */
  past: boolean;
  scratch: Int32Array;
}

/** The state at the start of a log. */
export function newScanState(selection: LogSelection, from: readonly [LogPosition, LogPosition]): ScanState {
  return {
    selection,
    from,
    continued: [false, false],
    past: false,
    scratch: new Int32Array(4096 * indexStride),
  };
}

const header: CriHeader = { content: 0, stderr: false, partial: false };

/**
 * Finds the segments to show among the terminated lines of `bytes[0, length)`, which are at `offset` of file number
 * `file`. Lines that aren't in CRI format are skipped.
 * @returns the batch and how many bytes it used; the rest is an unfinished line.
 */
export function scanSegments(
  bytes: Buffer,
  length: number,
  file: number,
  offset: number,
  state: ScanState,
): { batch: LogBatch; used: number } {
  const { selection, from, continued } = state;
  let count = 0;
  let start = 0;
  while (start < length) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0 || end >= length) break;
    if (readCriHeader(bytes, start, end, header)) {
      const stream = header.stderr ? 1 : 0;
      if (selection.until !== undefined && compareTime(bytes, start, selection.until) > 0) {
        state.past = true;
        break;
      }
      const shown =
        (header.stderr ? selection.stderr : selection.stdout) &&
        (selection.since === undefined || compareTime(bytes, start, selection.since) >= 0) &&
        !isBefore(file, offset + start, from[stream]);
      if (shown) {
        const first = !continued[stream];
        continued[stream] = header.partial;
        const at = count++ * indexStride;
        if (at === state.scratch.length) state.scratch = grown(state.scratch);
        const { scratch } = state;
        scratch[at] = start;
        scratch[at + 1] = header.content;
        scratch[at + 2] = end;
        scratch[at + 3] =
          (header.stderr ? segmentFlag.stderr : 0) |
          (first ? segmentFlag.first : 0) |
          (header.partial ? 0 : segmentFlag.last);
      }
    }
    start = end + 1;
  }
  return { batch: { count, bytes, index: state.scratch.slice(0, count * indexStride) }, used: start };
}

function isBefore(file: number, offset: number, position: LogPosition): boolean {
  return file < position.file || (file === position.file && offset < position.offset);
}

function grown(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
