interface TurnsOptions {
  readonly now: () => number;
  /** When the next piece of work is due; infinity: there is none. */
  readonly due: () => number;
  /** Starts the work that is due; a number says in how many milliseconds to ask again. */
  readonly take: (now: number) => Promise<void> | number;
  readonly failed: (error: Error) => void;
}

/**
 * Carries out one piece of work after the other, each when it is due; nothing before `begin`, while paused, and after
 * `end`.
 */
export class Turns {
  readonly #options: TurnsOptions;
  #timer: NodeJS.Timeout | undefined;
  #state: 'before' | 'goes' | 'paused' | 'ended' = 'before';
  #busy: Promise<void> | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get paused(): boolean {
    return this.#state === 'paused';
  }

  /** Whether nothing is in progress, and something may begin. */
  get rests(): boolean {
    return this.#busy === undefined && this.#state === 'goes';
  }

  begin(): void {
    if (this.#state === 'before') this.#state = 'goes';
    this.look();
  }

  pause(paused: boolean): void {
    if (this.#state === 'goes' || this.#state === 'paused') this.#state = paused ? 'paused' : 'goes';
    this.look();
  }

  /** What is due may have changed. */
  look(): void {
    clearTimeout(this.#timer);
    if (!this.rests) return;
    const due = this.#options.due();
    if (due === Number.POSITIVE_INFINITY) return;
    const wait = due - this.#options.now();
    if (wait <= 0) this.#next();
    else this.#timer = setTimeout(() => this.look(), Math.ceil(wait));
  }

  /** Carries out work now, while nothing else is. */
  run(work: Promise<void>): void {
    this.#busy = work
      .catch((error: unknown) => this.#options.failed(error as Error))
      .finally(() => {
        this.#busy = undefined;
        this.look();
      });
  }

  /** Begins nothing more, and waits for work in progress. Idempotent. */
  async end(): Promise<void> {
    this.#state = 'ended';
    clearTimeout(this.#timer);
    await this.#busy;
  }

  #next(): void {
    const work = this.#options.take(this.#options.now());
    if (typeof work === 'number') this.#timer = setTimeout(() => this.look(), work);
    else this.run(work);
  }
}
