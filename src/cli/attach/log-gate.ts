import type { EventSink, TcomposeEvent, WatchEvent } from '../../events.ts';

/** Most events to keep while nothing may be written. */
const mostHeld = 5000;
/** Milliseconds after a batch during which the end of a container that the batch ended may be reported. */
const lateEnd = 5000;

/** A filter before a renderer: shows only one service, or only lines with a text, or holds everything back for a while. */
export class LogGate {
  readonly #to: EventSink;
  #solo: string | undefined;
  #filter = '';
  #held: TcomposeEvent[] | undefined;
  #dropped = 0;
  /** Services that a batch of the watcher recreates or restarts. */
  readonly #acting = new Map<string, NodeJS.Timeout | undefined>();

  constructor(to: EventSink) {
    this.#to = to;
  }

  readonly emit: EventSink = (event) => {
    if (event.type === 'log') {
      if (this.#solo !== undefined && event.service !== this.#solo) return;
      if (!event.line.toLowerCase().includes(this.#filter)) return;
    }
    if (event.type === 'container-exit' && event.asked === true && this.#acting.has(event.service)) return;
    if (event.type === 'watch') this.#follow(event);
    if (this.#held === undefined) this.#to(event);
    else if (this.#held.length < mostHeld) this.#held.push(event);
    else this.#dropped++;
  };

  /**
   * A container that the watcher ends is covered by the line about the batch, and not shown as ended, though its end
   * may be reported later.
   */
  #follow(event: WatchEvent): void {
    if (event.phase === 'begun')
      for (const { service, action } of event.rules)
        if (action === 'rebuild' || action.endsWith('restart')) {
          clearTimeout(this.#acting.get(service));
          this.#acting.set(service, undefined);
        }
    if (event.phase === 'applied' || event.phase === 'failed')
      for (const service of this.#acting.keys()) {
        const timer = setTimeout(() => this.#acting.delete(service), lateEnd);
        clearTimeout(this.#acting.get(service));
        this.#acting.set(service, timer.unref());
      }
  }

  /** Shows only this service's output; undefined: all. */
  solo(service: string | undefined): void {
    this.#solo = service;
  }

  /** Shows only lines that contain this text, in any case; '': all. */
  filter(text: string): void {
    this.#filter = text.toLowerCase();
  }

  /** Holds everything back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#to(event);
    if (this.#dropped > 0)
      this.#to({
        type: 'warning',
        message: `${this.#dropped} more lines arrived meanwhile and are not shown`,
      });
    this.#dropped = 0;
  }
}
