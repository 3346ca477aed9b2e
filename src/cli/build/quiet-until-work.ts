import type { CliContext } from '../context.ts';

type Emit = CliContext['emit'];

/**
 * Holds back a build's output until it turns out that there is work to do; a build in which everything is up to date
 * prints nothing. The amount held is limited by the number of instructions in a Dockerfile.
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

  /** Releases what was held, and from now on passes everything on at once. Idempotent. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#emit(event);
  }
}
