import type { FileHandle } from 'node:fs/promises';
import { type CriHeader, compareTime, readCriHeader } from './cri-line.ts';
import type { LogFile } from './log-files.ts';

/** A position in a chain of log files. */
export interface LogPosition {
  readonly file: number;
  readonly offset: number;
}

export interface LogSelection {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** In the format of `logTime`: earlier segments are skipped. */
  readonly since?: string;
  /** In the format of `logTime`: reading ends at the first later segment. */
  readonly until?: string;
}

/** Where the last lines of each stream begin. */
interface TailStart {
  readonly stdout: LogPosition;
  readonly stderr: LogPosition;
}

const blockSize = 256 * 1024;
/** Enough for any header after a line start at a block's last byte. */
const overlap = 128;
/** How far before the last counted line to look for the beginning of a long line. */
const mostLookBack = 1024 * 1024;

/**
 * Finds where to start reading to get the last `count` selected lines, reading the files backwards in blocks. Lines
 * that are split into parts count once; a stream's last line counts even if it is incomplete.
 */
export async function findTailStart(
  files: readonly LogFile[],
  count: number,
  selection: LogSelection,
): Promise<TailStart> {
  const end: LogPosition = { file: files.length - 1, offset: files.at(-1)?.size ?? 0 };
  // [stdout, stderr]
  const from: [LogPosition, LogPosition] = [end, end];
  const seen = [!selection.stdout, !selection.stderr];
  /** The stream's oldest counted line may have parts before those seen so far. */
  const open = [false, false];
  let counted = 0;
  let lookedBack = 0;
  const header: CriHeader = { content: 0, stderr: false, partial: false };

  for (let file = files.length - 1; file >= 0; file--) {
    for await (const { bytes, base, starts } of blocksBackward(files[file]!.handle, files[file]!.size)) {
      for (let i = starts.length - 1; i >= 0; i--) {
        const start = starts[i]!;
        const newline = bytes.indexOf(0x0a, start);
        if (!readCriHeader(bytes, start, newline < 0 ? bytes.length : newline, header)) continue;
        const stream = header.stderr ? 1 : 0;
        if (!(header.stderr ? selection.stderr : selection.stdout)) continue;
        if (selection.until !== undefined && compareTime(bytes, start, selection.until) > 0) continue;
        if (selection.since !== undefined && compareTime(bytes, start, selection.since) < 0) continue;
        const endsLine = !header.partial || !seen[stream];
        seen[stream] = true;
        if (endsLine) {
          open[stream] = counted < count;
          if (open[stream]) counted++;
        }
        if (open[stream]) from[stream] = { file, offset: base + start };
        if (counted >= count && !open[0] && !open[1]) return { stdout: from[0], stderr: from[1] };
      }
      if (counted >= count) lookedBack += blockSize;
      if (lookedBack > mostLookBack) return { stdout: from[0], stderr: from[1] };
    }
  }
  return { stdout: from[0], stderr: from[1] };
}

interface Block {
  readonly bytes: Buffer;
  /** File offset of bytes[0]. */
  readonly base: number;
  /** Offsets in bytes at which terminated lines start, ascending. */
  readonly starts: readonly number[];
}

/** Blocks of a file from its end, each with the first bytes of the one after it; the end stays as it was at the start. */
async function* blocksBackward(handle: FileHandle, size: number): AsyncGenerator<Block> {
  let after: Buffer = Buffer.alloc(0);
  let end = size;
  /** Whether a newline has been found: after the last one there is a line that is still being written. */
  let terminated = false;
  while (end > 0) {
    const base = Math.max(0, end - blockSize);
    const length = end - base;
    const bytes = Buffer.allocUnsafe(length + after.length);
    const { bytesRead } = await handle.read(bytes, 0, length, base);
    if (bytesRead < length) bytes.fill(0, bytesRead, length);
    after.copy(bytes, length);
    const starts: number[] = [];
    for (
      let at = bytes.lastIndexOf(0x0a, length - 1);
      at >= 0;
      at = at === 0 ? -1 : bytes.lastIndexOf(0x0a, at - 1)
    ) {
      if (terminated) starts.push(at + 1);
      terminated = true;
    }
    if (base === 0 && terminated) starts.push(0);
    yield { bytes, base, starts: starts.reverse() };
    after = bytes.subarray(0, Math.min(overlap, length));
    end = base;
  }
}
