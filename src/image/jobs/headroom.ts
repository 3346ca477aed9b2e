/** How many bytes one side may be ahead of the other before it has to wait. */
const window = 1024 * 1024;

/** Keeps the side that gives bytes from getting far ahead of the side that uses them. */
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

  /** Resolves when there is room for more, or rejects with `over`, which rejects when nothing will be used any more. */
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
