import { displayWidth } from '../width.ts';
import { hideCursor } from './hidden-cursor.ts';

/** A terminal that can be drawn on. */
interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

interface LiveRegionOptions {
  readonly terminal: Terminal;
  /** The lines in their present state. */
  readonly draw: (size: { readonly columns: number; readonly height: number }) => readonly string[];
}

/**
 * Old lines are overwritten, and their remainders cleared at the end of each line and below the last. Clearing
 * everything from the first line on would flicker, and if that is the screen's first line, tmux would add the cleared
 * content to its history in every frame.
 */
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** Milliseconds between two frames of the same state. */
const FRAME_MS = 100;

/**
 * Lines at the end of a terminal that are redrawn repeatedly, and text that appears above them. The cursor stays below
 * them, hidden from `open` to `close`.
 */
export class LiveRegion {
  readonly #options: LiveRegionOptions;
  #drawn: readonly string[] = [];
  #above: { readonly text: string; readonly to: Terminal }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #showCursor: (() => void) | undefined;
  #soon: NodeJS.Immediate | undefined;
  readonly #redraw = () => this.#paint();
  /** After a stop by Ctrl+Z other text is where the lines were. */
  readonly #resumed = () => {
    this.#drawn = [];
    this.#paint();
  };

  constructor(options: LiveRegionOptions) {
    this.#options = options;
  }

  open(): void {
    const { terminal } = this.#options;
    if (terminal.isTTY === true) this.#showCursor = hideCursor(terminal);
    this.#timer = setInterval(this.#redraw, FRAME_MS);
    this.#timer.unref();
    terminal.on?.('resize', this.#redraw);
    process.on('SIGCONT', this.#resumed);
    this.#paint();
  }

  /** Redraws soon; any number of changes together cost one frame. */
  changed(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#paint();
    });
  }

  /** Text, ending with a newline, to show above the lines. Text that does not go to a terminal is written at once. */
  above(text: string, to: Terminal): void {
    if (to.isTTY !== true) to.write(text);
    else {
      this.#above.push({ text, to });
      this.changed();
    }
  }

  /** Draws for the last time, with as many lines as needed, and leaves them on the screen. */
  close(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#soon);
    this.#soon = undefined;
    this.#options.terminal.off?.('resize', this.#redraw);
    process.off('SIGCONT', this.#resumed);
    this.#paint(Number.POSITIVE_INFINITY);
    this.#showCursor?.();
    this.#drawn = [];
  }

  #paint(height?: number): void {
    const { terminal, draw } = this.#options;
    const columns = terminal.columns ?? 80;
    const lines = draw({ columns, height: height ?? Math.max(1, (terminal.rows ?? 24) - 1) });
    const picture = lines.map((line) => `${line}${clearLine}\n`).join('');
    const top = this.#top(columns);
    if (this.#above.length > 0) {
      terminal.write(top);
      for (const { text, to } of this.#above) to.write(text.replaceAll('\n', `${clearLine}\n`));
      this.#above = [];
      terminal.write(`${picture}${clearBelow}`);
    } else if (lines.join('\n') !== this.#drawn.join('\n') || height !== undefined)
      terminal.write(`${top}${picture}${clearBelow}`);
    this.#drawn = lines;
  }

  /** Moves to where the lines begin. A terminal that became narrower has wrapped lines that are wider than it. */
  #top(columns: number): string {
    const up = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    return `\r${up > 0 ? `\u001b[${up}A` : ''}`;
  }
}
