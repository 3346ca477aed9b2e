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
  /** The lines as they are now. */
  readonly draw: (size: { readonly columns: number; readonly height: number }) => readonly string[];
}

/**
 * What stood there is overwritten, and what is left of it cleared behind each line and below the last. To clear from the first line on would flicker,
 * and where that is the screen's first line tmux keeps what was cleared, picture after picture, in its history.
 */
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** Time between two pictures of the same state, milliseconds. */
const FRAME_MS = 100;

/**
 * Lines at the end of a terminal that are drawn again and again, and text that comes to stand above them. The cursor is
 * left below them, hidden from `open` to `close`.
 */
export class LiveRegion {
  readonly #options: LiveRegionOptions;
  #drawn: readonly string[] = [];
  #above: { readonly text: string; readonly to: Terminal }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #showCursor: (() => void) | undefined;
  #soon: NodeJS.Immediate | undefined;
  readonly #redraw = () => this.#paint();
  /** After a stop by Ctrl+Z other things stand where the lines were. */
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

  /** Draws again soon; any number of changes together cost one picture. */
  changed(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#paint();
    });
  }

  /** Text, ending with a newline, that is to stand above the lines. What does not go to a terminal is written at once. */
  above(text: string, to: Terminal): void {
    if (to.isTTY !== true) to.write(text);
    else {
      this.#above.push({ text, to });
      this.changed();
    }
  }

  /** Draws for the last time, however many lines it takes, and leaves them standing. */
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

  /** Goes to where the lines begin. Lines wider than a narrowed terminal have been wrapped by it. */
  #top(columns: number): string {
    const up = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    return `\r${up > 0 ? `\u001b[${up}A` : ''}`;
  }
}
