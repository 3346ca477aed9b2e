/**
 * How far a log has been shown: the time of the last line, and how many lines of that very instant. Lines that a program
 * writes at once have one time, so a time alone would not say where to go on.
 */
export interface LogPosition {
  /** Unix seconds with nanoseconds, as `since` takes them. */
  readonly time: string;
  readonly lines: number;
}

/** Keeps count of a log's lines, and tells those that were shown before from new ones when it is read again. */
export class LogCursor {
  #position: LogPosition | undefined;
  /** Lines of the instant gone on from that still have to be passed over. */
  #again = 0;

  constructor(from: LogPosition | undefined) {
    this.#position = from;
    this.#again = from?.lines ?? 0;
  }

  get position(): LogPosition | undefined {
    return this.#position;
  }

  /** The log is read once more, from `position.time` on. */
  rewind(): void {
    this.#again = this.#position?.lines ?? 0;
  }

  /** Counts a line; `false`: it was shown before. */
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
