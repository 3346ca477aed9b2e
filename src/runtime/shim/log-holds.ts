/** One follower of a log: the generation that it opened last, -1 for none yet. */
interface Hold {
  opened: number;
}

/** The followers of a log through one connection to its shim, and how far it may be rotated for all of them. */
export class LogHolds {
  readonly #holds = new Set<Hold>();
  #told: number | undefined;

  /** The part of a subscription that states it. */
  request(): { holdFrom?: number } {
    this.#told = this.#from();
    return this.#told === undefined ? {} : { holdFrom: this.#told };
  }

  /** Adds a follower that has opened nothing; `changed` is called when the shim must be told. */
  add(changed: () => void): { opened: (generation: number) => void; release: () => void } {
    const hold: Hold = { opened: -1 };
    this.#holds.add(hold);
    changed();
    const tell = () => {
      if (this.#from() !== this.#told) changed();
    };
    return {
      opened: (generation) => {
        hold.opened = Math.max(hold.opened, generation);
        tell();
      },
      release: () => {
        if (this.#holds.delete(hold)) tell();
      },
    };
  }

  #from(): number | undefined {
    if (this.#holds.size === 0) return undefined;
    return Math.min(...[...this.#holds].map(({ opened }) => opened)) + 1;
  }
}
