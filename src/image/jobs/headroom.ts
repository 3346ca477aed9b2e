/** Bytes that one side is ahead of the other at most before it has to wait. */
const window = 1024 * 1024;

/** Keeps whoever gives bytes from being far ahead of whoever uses them. */
export class Headroom {
  #ahead = 0;
  #wake: (() => void) | undefined;

  given(bytes: number): void {
    this.#ahead += bytes;
  }

  used(bytes: number): void {
    this.#ahead -= bytes;
    this.#wake?.();
  }

  /** Resolves when there is room for more, or with `over`, which rejects when nothing is used any more. */
  async wait(over: Promise<unknown>): Promise<void> {
    while (this.#ahead > window)
      await Promise.race([
        over,
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      ]);
  }
}
