import { displayWidth, endOf, padToWidth, startOf } from '../width.ts';

/** One resource of a live list. */
export interface LiveRow {
  /** `Container shop-web-1` */
  readonly label: string;
  /** Latest status, with its detail; empty until something happens to it. */
  text: string;
  state: 'pending' | 'working' | 'done' | 'warning' | 'failed' | 'skipped';
  /** Added to the status while work is in progress; `now` as in LiveLook. */
  more?: (now: number) => string;
  /** When work on it began, in milliseconds of the clock of `LiveLook.now`. */
  began?: number;
}

/** The conditions for drawing a live list. */
export interface LiveLook {
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Most lines there is room for. */
  readonly height: number;
  readonly color: boolean;
  /** `false` on terminals whose locale is not UTF-8. */
  readonly unicode: boolean;
  /** Increases; animates what is in progress. */
  readonly frame: number;
  /** Milliseconds. */
  readonly now: number;
}

const MARKS = {
  unicode: { pending: ' ', done: '✔', warning: '⚠', failed: '✖', skipped: '-', cut: '…' },
  ascii: { pending: ' ', done: '+', warning: '!', failed: 'x', skipped: '-', cut: '~' },
} as const;
const WHEELS = { unicode: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏', ascii: '-\\|/' } as const;
const COLORS = { pending: 2, working: 33, done: 32, warning: 33, failed: 31, skipped: 2 } as const;

/**
 * A label shortened to the available width: without its first word, which many labels share, then from its end, where
 * names differ.
 */
function fitLabel(label: string, width: number, mark: string): string {
  if (displayWidth(label) <= width) return label;
  const name = label.slice(label.indexOf(' ') + 1);
  return displayWidth(name) <= width ? name : `${mark}${endOf(name, width - 1)}`;
}

/** What a row says, including the seconds that work has taken so far. */
function wordsOf({ text, state, began, more }: LiveRow, now: number): string {
  if (state !== 'working') return text;
  const further = more?.(now) ?? '';
  if (further !== '') return `${text}  ${further}`;
  const seconds = began === undefined ? 0 : Math.floor((now - began) / 1000);
  return seconds > 0 ? `${text}  ${seconds}s` : text;
}

/**
 * The lines of a live list, none wider than the terminal: how many resources are done, then one line each. With more
 * rows than lines, finished ones are dropped first and the last line says how many are left out. Pure.
 */
export function liveLines(rows: readonly LiveRow[], look: LiveLook): readonly string[] {
  const charset = look.unicode ? 'unicode' : 'ascii';
  const marks = MARKS[charset];
  const wheel = WHEELS[charset];
  const head = look.height > 2 ? [headline(rows).slice(0, look.columns - 1)] : [];
  const shown = fitting(rows, look.height - head.length);
  // The last column stays free: writing to it may make the terminal wrap.
  const room = look.columns - 1 - '✔ '.length;
  const widest = Math.max(0, ...rows.map((row) => displayWidth(row.label)));
  const texts = Math.max(0, ...rows.map((row) => displayWidth(wordsOf(row, look.now))));
  const half = Math.min(texts, Math.floor(room / 2));
  // Numbers change in every frame: they have a fixed width, so that nothing else moves.
  const forTexts = rows.some(({ more }) => more !== undefined) ? Math.floor((room * 2) / 3) : half;
  const label = Math.max(8, Math.min(widest, room - 2 - forTexts));
  const lines = shown.map((row) => {
    const mark = row.state === 'working' ? wheel[look.frame % wheel.length]! : marks[row.state];
    const name = fitLabel(row.label, label, marks.cut);
    const words = wordsOf(row, look.now);
    const body = words === '' ? name : `${padToWidth(name, label)}  ${words}`;
    const fit = displayWidth(body) <= room ? body : `${startOf(body, room - 1)}${marks.cut}`;
    return `${look.color ? `\u001b[${COLORS[row.state]}m${mark}\u001b[0m` : mark} ${fit}`;
  });
  if (shown.length < rows.length)
    lines.push(`  ${marks.cut} ${rows.length - shown.length} more`.slice(0, look.columns - 1));
  return [...head, ...lines];
}

/** Docker Compose's first line. */
function headline(rows: readonly LiveRow[]): string {
  const over = rows.filter(({ state }) => /^(done|warning|failed)$/.test(state)).length;
  return `[+] Running ${over}/${rows.length}`;
}

/** As many rows as fit, in order; if there are too many, one line is reserved for their number. */
function fitting(rows: readonly LiveRow[], height: number): readonly LiveRow[] {
  if (rows.length <= height) return rows;
  const weight = { failed: 0, warning: 0, working: 1, pending: 2, done: 3, skipped: 3 } as const;
  const kept = new Set(
    [...rows].sort((a, b) => weight[a.state] - weight[b.state]).slice(0, Math.max(0, height - 1)),
  );
  return rows.filter((row) => kept.has(row));
}
