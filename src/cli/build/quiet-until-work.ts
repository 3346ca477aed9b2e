import type { CliContext } from '../context.ts';

type Emit = CliContext['emit'];

/**
 * Holds back what a build tells until it turns out to have something to do; a build that finds all as it was says nothing.
 * What is held is bounded by the instructions of a Dockerfile.
 */
export class QuietUntilWork {
  readonly #emit: Emit;
  #held: Parameters<Emit>[0][] | undefined = [];

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  readonly emit: Emit = (event) => {
    if (this.#held === undefined) this.#emit(event);
    else this.#held.push(event);
  };

  /** Tells what was held, and from now on all at once. Idempotent. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#emit(event);
  }
}
