import type { TcomposeEvent } from '../../events.ts';
import { humanSize } from '../arguments/sizes.ts';

type LayerEvent = Extract<TcomposeEvent, { type: 'layer' }>;

interface Layer {
  status: string;
  /** Bytes transferred so far, and in total. */
  moved: number;
  size: number | undefined;
  over: boolean;
}

/** States after which nothing more happens to a layer. */
const over = /^(?:Pull complete|Already exists|Pushed|Layer already exists|Mounted from .*)$/;
export const isLayerOver = (status: string): boolean => over.test(status);
const moving = /^(?:Downloading|Pushing)$/;
/** The layer has arrived completely, and is being or about to be unpacked. */
const here = /^(?:Verifying Checksum|Download complete|Extracting)$/;

/** Milliseconds over which the speed is measured. */
const span = 5000;

/**
 * A short summary of one image's transfer from or to a registry. Times are those of the events, in milliseconds of a
 * monotonic clock. Pure except for its own memory.
 */
export class Transfer {
  readonly #layers = new Map<string, Layer>();
  readonly #samples: { readonly at: number; readonly moved: number }[] = [];
  #began: number | undefined;
  #end: number | undefined;

  update({ layer: id, status, current, total, at }: LayerEvent): void {
    this.#began ??= at;
    this.#end = at;
    const layer: Layer = this.#layers.get(id) ?? { status, moved: 0, size: undefined, over: false };
    this.#layers.set(id, layer);
    layer.status = status;
    layer.over = isLayerOver(status);
    if (moving.test(status)) {
      // After a broken connection an engine counts only the rest.
      layer.size = Math.max(layer.size ?? 0, total ?? 0) || undefined;
      const before = layer.size !== undefined && total ? layer.size - total : 0;
      layer.moved = Math.max(layer.moved, before + (current ?? 0));
    } else if (here.test(status) || layer.over) {
      if (layer.size !== undefined && status !== 'Already exists') layer.moved = layer.size;
    }
    this.#samples.push({ at, moved: this.#moved() });
    while (this.#samples.length > 2 && this.#samples[1]!.at < at - span) this.#samples.shift();
  }

  /** `3/7 layers  12.3MB/45MB  2.1MB/s  14s left`; empty as long as nothing is known. */
  summary(now: number): string {
    const layers = [...this.#layers.values()];
    if (layers.length === 0) return '';
    const done = layers.filter((layer) => layer.over).length;
    const moved = this.#moved();
    const total = layers.reduce((sum, layer) => sum + (layer.size ?? 0), 0);
    const unknown = layers.some((layer) => layer.size === undefined && !layer.over);
    const parts = [`${done}/${layers.length} layers`];
    if (total > 0) parts.push(`${humanSize(moved)}/${humanSize(total)}${unknown ? '+' : ''}`);
    const speed = this.#speed(now);
    if (moved < total && speed > 0) {
      parts.push(`${humanSize(Math.round(speed))}/s`);
      if (!unknown) parts.push(`${timeText((total - moved) / speed)} left`);
    } else if (moved >= total && layers.some(({ status }) => status === 'Extracting'))
      parts.push('unpacking');
    const waits = layers.find(({ status }) => status.startsWith('Retrying'));
    if (waits !== undefined) parts.push(waits.status.toLowerCase());
    return parts.join('  ');
  }

  /** `45MB in 12s`: the total, after the end. */
  result(): string | undefined {
    const moved = this.#moved();
    if (moved === 0 || this.#began === undefined) return undefined;
    return `${humanSize(moved)} in ${timeText((this.#end! - this.#began) / 1000)}`;
  }

  #moved(): number {
    let sum = 0;
    for (const layer of this.#layers.values()) sum += layer.moved;
    return sum;
  }

  /** Bytes per second during the last seconds; a stall reduces it. */
  #speed(now: number): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return 0;
    const ms = Math.max(now, last.at) - first.at;
    // A shorter time gives no meaningful speed.
    return ms < 500 ? 0 : ((last.moved - first.moved) / ms) * 1000;
  }
}

/** Seconds in readable form: `0.4s`, `14s`, `2m05s`. */
function timeText(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(1)}s`;
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}

/** The transfers of one command, by image. */
export class Transfers {
  readonly #byImage = new Map<string, Transfer>();

  update(event: LayerEvent): Transfer {
    const transfer = this.#byImage.get(event.image) ?? new Transfer();
    this.#byImage.set(event.image, transfer);
    transfer.update(event);
    return transfer;
  }

  of(image: string): Transfer | undefined {
    return this.#byImage.get(image);
  }
}
