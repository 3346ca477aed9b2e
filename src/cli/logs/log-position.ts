/**
 * How far a log has been shown: the time of the last line, and how many lines have that exact time. Lines that a
 * program writes at once have the same time, so the time alone would not say where to continue.
 */
export interface LogPosition {
  /** Unix seconds with nanoseconds, in the form of `since`. */
  readonly time: string;
  readonly lines: number;
}

/** Keeps count of a log's lines, and tells lines that were shown already from new ones when it is read again. */
export class LogCursor {
  #position: LogPosition | undefined;
  /** Number of lines with the time of the position that still have to be skipped. */
  #again = 0;

  constructor(from: LogPosition | undefined) {
    this.#position = from;
    this.#again = from?.lines ?? 0;
  }

  get position(): LogPosition | undefined {
    return this.#position;
  }

  /** The log is being read again, from `position.time` on. */
  rewind(): void {
    this.#again = this.#position?.lines ?? 0;
  }

  /** Counts a line; `false` if it was shown before. */
  isNew(time: string): boolean {
    const position = this.#position;
    if (this.#again > 0 && position !== undefined) {
      if (time < position.time) return false;
      if (time === position.time) {
        this.#again -= 1;
        return false;
      }
      this.#again = 0;
    }
    this.#position = time === position?.time ? { time, lines: position.lines + 1 } : { time, lines: 1 };
    return true;
  }
}
