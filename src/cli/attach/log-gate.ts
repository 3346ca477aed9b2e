import type { EventSink, TcomposeEvent, WatchEvent } from '../../events.ts';

/** Events that are kept while nothing may be written. */
const mostHeld = 5000;
/** Milliseconds after a batch within which the end of a container that it ended may be shown. */
const lateEnd = 5000;

/** Stands before a renderer: shows one service, or lines with a text, or holds everything back for a while. */
export class LogGate {
  readonly #to: EventSink;
  #solo: string | undefined;
  #filter = '';
  #held: TcomposeEvent[] | undefined;
  #dropped = 0;
  /** Services that a batch of watching recreates or restarts. */
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

  /** What watching ends itself is shown by the line about the batch, not as the end of a container, which may be shown later. */
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
      this.#to({
        type: 'warning',
        message: `${this.#dropped} more lines arrived meanwhile and are not shown`,
      });
    this.#dropped = 0;
  }
}
