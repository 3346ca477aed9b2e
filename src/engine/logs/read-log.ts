import { compareTime } from './cri-line.ts';
import type { LogBatch } from './log-batch.ts';
import { type LogFile, LogFiles } from './log-files.ts';
import { newScanState, scanSegments } from './scan-segments.ts';
import { findTailStart, type LogPosition, type LogSelection } from './tail-start.ts';

/** Tells a follower that there may be more to read. Notifications may be merged, and may be spurious. */
export interface LogGrowth {
  /**
   * `ended`: nothing more will be written. `opened` has to be called when the present files are open: until then the
   * log is not rotated further. Returns the function that unsubscribes.
   */
  subscribe(listener: (what: 'grew' | 'ended', opened?: () => void) => void): () => void;
}

export interface ReadLogOptions extends LogSelection {
  /** Only the last lines of the selection, this many; absent or negative: all. */
  readonly tail?: number;
  /** Continue to read what is written until it has ended. */
  readonly follow?: LogGrowth;
  /** If all output was requested and earlier parts are no longer available, begin with a line that says so. */
  readonly notices?: boolean;
  /** Ends the reading between two batches. */
  readonly signal?: AbortSignal;
}

const largeChunk = 256 * 1024;
const smallChunk = 16 * 1024;
/** A longer line was not written by the shim; it is skipped. */
const longestLine = 4 * 1024 * 1024;

/**
 * Reads a container's log, which is CRI text at `path`, with older files at `path.1`, `path.2`, … Files are read in
 * chunks, one batch of segments at a time and only on demand; a missing log counts as empty. Following continues
 * through rotations without loss or repetition.
 * @throws the error of the file system (EACCES, EIO).
 */
export async function* readLog(path: string, options: ReadLogOptions): AsyncGenerator<LogBatch, void, void> {
  const files = new LogFiles(path);
  const wake = new Wake();
  const stopWaiting = () => wake.call();
  options.signal?.addEventListener('abort', stopWaiting);
  const unsubscribe = options.follow?.subscribe((what, opened) => {
    // A file that is open now survives its deletion by rotation even if the reader is slow.
    const seen = () => {
      if (what === 'ended') wake.ended = true;
      wake.call();
    };
    files.refresh().then(() => {
      if (opened !== undefined) files.whenRoom(opened);
      seen();
    }, seen);
  });
  try {
    await files.refresh();
    yield* readFiles(files, options, wake);
  } finally {
    unsubscribe?.();
    options.signal?.removeEventListener('abort', stopWaiting);
    await files.close();
  }
}

async function* readFiles(files: LogFiles, options: ReadLogOptions, wake: Wake): AsyncGenerator<LogBatch> {
  const initial = [...files.files];
  const last = initial.length - 1;
  const start: LogPosition = { file: await skipOlder(initial, options.since), offset: 0 };
  const begin =
    options.tail === undefined || options.tail < 0
      ? { stdout: start, stderr: start }
      : await findTailStart(initial, options.tail, options);
  const state = newScanState(options, [begin.stdout, begin.stderr]);
  const whole = options.since === undefined && (options.tail === undefined || options.tail < 0);
  if (options.notices === true && whole && initial[0] !== undefined && (await files.dropped())) {
    yield await notice(
      initial[0],
      'earlier output was dropped: the log keeps what max-size and max-file allow',
      options,
    );
  }
  const first = earlier(begin.stdout, begin.stderr);
  let number = Math.max(0, first.file);
  for (let i = 0; i < number; i++) await files.shift();

  let offset = first.offset;
  let carry: Buffer = Buffer.alloc(0);
  let chunk = largeChunk;
  while (options.signal?.aborted !== true) {
    const file = files.files[0];
    // Determined before the file is read: if it is true now, the file must be complete.
    const rotated = files.files.length > 1;
    const { ended } = wake;
    wake.reset();
    let read = 0;
    let bytes = carry;
    if (file !== undefined) {
      const limit =
        options.follow === undefined && number === last ? Math.max(0, file.size - offset) : Infinity;
      const wanted = Math.min(Math.max(chunk, carry.length), limit);
      bytes = Buffer.allocUnsafeSlow(carry.length + wanted);
      carry.copy(bytes);
      if (wanted > 0) read = (await file.handle.read(bytes, carry.length, wanted, offset)).bytesRead;
    }
    if (read > 0) {
      const length = carry.length + read;
      const { batch, used } = scanSegments(bytes, length, number, offset - carry.length, state);
      offset += read;
      carry = bytes.subarray(used, length);
      if (carry.length > longestLine) carry = Buffer.alloc(0);
      if (batch.count > 0) yield batch;
      if (state.past) return;
      if (read === chunk) chunk = largeChunk;
    } else if (rotated) {
      await files.shift();
      number++;
      offset = 0;
      carry = Buffer.alloc(0);
      const next = files.files[0];
      if (next?.afterGap === true) {
        yield await notice(
          next,
          'output was lost here: the log was rotated faster than it was read',
          options,
        );
      }
    } else if (options.follow === undefined || ended) {
      return;
    } else {
      chunk = smallChunk;
      await wake.called();
    }
  }
}

/** Adds a line of ours to the output, on stderr if that is read, with the time of the file's first line. */
async function notice(file: LogFile, text: string, selection: LogSelection): Promise<LogBatch> {
  const head = Buffer.alloc(30);
  const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
  const time = bytesRead === head.length ? head.toString('latin1') : '1970-01-01T00:00:00.000000000Z';
  const stream = selection.stderr ? 'stderr' : 'stdout';
  const line = Buffer.from(`${time} ${stream} F tcompose: ${text}\n`);
  const begin: LogPosition = { file: 0, offset: 0 };
  return scanSegments(line, line.length, 0, 0, newScanState(bothStreams, [begin, begin])).batch;
}

const bothStreams: LogSelection = { stdout: true, stderr: true };

/**
 * Number of the first file that can contain lines at or after `since`: all lines of a file are older than the first
 * line of the next.
 */
async function skipOlder(files: readonly LogFile[], since: string | undefined): Promise<number> {
  if (since === undefined) return 0;
  const head = Buffer.alloc(64);
  for (let number = files.length - 1; number > 0; number--) {
    const { bytesRead } = await files[number]!.handle.read(head, 0, head.length, 0);
    if (bytesRead >= 30 && compareTime(head, 0, since) < 0) return number;
  }
  return 0;
}

function earlier(a: LogPosition, b: LogPosition): LogPosition {
  return a.file < b.file || (a.file === b.file && a.offset <= b.offset) ? a : b;
}

/** A signal with room for one: a call made while nobody waits lets the next wait pass. */
class Wake {
  ended = false;
  #called = false;
  #waiting: (() => void) | undefined;

  call(): void {
    this.#called = true;
    this.#waiting?.();
  }

  reset(): void {
    this.#called = false;
  }

  async called(): Promise<void> {
    if (this.#called) return;
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
    this.#waiting = undefined;
  }
}
