import type { EventSink, TcomposeEvent } from '../../events.ts';

/** Events that are kept while nothing may be written. */
const mostHeld = 5000;

/** Stands before a renderer: shows one service, or lines with a text, or holds everything back for a while. */
export class LogGate {
  readonly #to: EventSink;
  #solo: string | undefined;
  #filter = '';
  #held: TcomposeEvent[] | undefined;
  #dropped = 0;

  constructor(to: EventSink) {
    this.#to = to;
  }

  readonly emit: EventSink = (event) => {
    if (event.type === 'log') {
      if (this.#solo !== undefined && event.service !== this.#solo) return;
      if (!event.line.toLowerCase().includes(this.#filter)) return;
    }
    if (this.#held === undefined) this.#to(event);
    else if (this.#held.length < mostHeld) this.#held.push(event);
    else this.#dropped++;
  };

  /** Only this service's output; undefined: all. */
  solo(service: string | undefined): void {
    this.#solo = service;
  }

  /** Only lines with this text in them, in either case; '': all. */
  filter(text: string): void {
    this.#filter = text.toLowerCase();
  }

  /** Keeps everything until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#to(event);
    if (this.#dropped > 0)
      this.#to({ type: 'warning', message: `${this.#dropped} more lines came meanwhile and are not shown` });
    this.#dropped = 0;
  }
}
