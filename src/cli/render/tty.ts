import { Listr } from 'listr2';
import type { ResourceKind, TcomposeEvent } from '../../events.ts';
import { visibleLine } from '../../visible.ts';
import { type LiveRow, liveLines } from './live/live-lines.ts';
import { LiveRegion } from './live/live-region.ts';
import { logFormatter } from './log-lines.ts';
import { messageText } from './message-text.ts';
import { isTerminal, outputFor, outputsDrained } from './outputs.ts';
import type { Renderer, RenderTarget } from './renderer.ts';
import { type Transfer, Transfers } from './transfer.ts';

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** Draws a listr2 task list in the given region. Rows know their own states, so the tasks are not asked. */
class RegionRenderer {
  // The region is drawn on standard error; whether standard output is a terminal does not matter.
  static readonly nonTTY = true;
  static rendererOptions: { readonly region?: LiveRegion } = {};
  static rendererTaskOptions: Readonly<Record<string, never>> = {};
  readonly #region: LiveRegion | undefined;

  constructor(_tasks: unknown, options: typeof RegionRenderer.rendererOptions) {
    this.#region = options.region;
  }

  readonly render = () => this.#region?.open();
  readonly end = () => this.#region?.close();
}

interface LiveList {
  readonly rows: ReadonlyMap<string, LiveRow>;
  readonly region: LiveRegion;
  /** Ends the list's tasks; resolves when the last frame is drawn. */
  end(): Promise<void>;
}

/** Starts the list of a plan's resources, one task each. */
function liveList(
  target: RenderTarget,
  resources: readonly { readonly kind: ResourceKind; readonly name: string }[],
): LiveList {
  const rows = new Map<string, LiveRow>(
    resources.map(({ kind, name }) => [
      `${kind} ${name}`,
      { label: visibleLine(`${title(kind)} ${name}`), text: '', state: 'pending' },
    ]),
  );
  let frame = 0;
  const region = new LiveRegion({
    terminal: target.err,
    draw: (size) =>
      liveLines([...rows.values()], {
        ...size,
        color: target.color.stderr,
        unicode: target.unicode,
        frame: frame++,
        now: performance.now(),
      }),
  });
  let over: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  const list = new Listr(
    [...rows.values()].map((row) => ({ title: row.label, task: () => ended })),
    {
      concurrent: true,
      registerSignalListeners: false,
      renderer: RegionRenderer,
      rendererOptions: { region },
    },
  );
  const run = list.run();
  return {
    rows,
    region,
    end: async () => {
      // Interrupted work is no longer in progress.
      for (const row of rows.values()) if (row.state === 'working') row.state = 'skipped';
      over();
      await run;
    },
  };
}

/** The size of an image, once it has arrived. */
const resultOf = (event: Extract<TcomposeEvent, { type: 'progress' }>, transfers: Transfers) =>
  event.kind === 'image' && event.state === 'done' && event.detail === undefined
    ? transfers.of(event.name)?.result()
    : undefined;

const wordsOf = ({ status, detail }: Extract<TcomposeEvent, { type: 'progress' }>): string =>
  `${status}${detail === undefined ? '' : `  ${detail}`}`;

function advance(row: LiveRow, state: LiveRow['state'], text: string, moved: string | undefined): void {
  if (state === 'working' && row.state !== 'working') row.began = performance.now();
  row.state = state;
  row.text = moved === undefined ? text : `${text}  ${moved}`;
  if (state !== 'working') delete row.more;
}

const allSettled = ({ rows }: LiveList): boolean =>
  [...rows.values()].every(({ state }) => state !== 'pending' && state !== 'working');

function followLayer(live: LiveList | undefined, image: string, transfer: Transfer): void {
  const row = live?.rows.get(`image ${image}`);
  if (row !== undefined) row.more = (now) => visibleLine(transfer.summary(now));
}

/**
 * A live list of a plan's resources, for terminals. Service output appears above it meanwhile, so that a slow service
 * can be watched.
 */
export function ttyRenderer(target: RenderTarget): Renderer {
  const logLine = logFormatter(target.log, (event) => isTerminal(outputFor(event, target)));
  const transfers = new Transfers();
  let live: LiveList | undefined;
  let closing: Promise<void> = Promise.resolve();
  /** The command's main plan is over: a later list is shown only while something in it is in progress. */
  let later = false;

  const end = () => {
    const ending = live;
    live = undefined;
    closing = closing.then(() => ending?.end());
    return closing;
  };

  const write = (text: string, to: NodeJS.WritableStream) => {
    if (text === '') return;
    if (live === undefined) to.write(text);
    else live.region.above(text, to);
  };
  const emit = (event: TcomposeEvent) => {
    switch (event.type) {
      case 'begin':
        if (event.resources.length > 0) live ??= liveList(target, event.resources);
        return;
      case 'progress': {
        const text = visibleLine(wordsOf(event));
        const row = live?.rows.get(`${event.kind} ${event.name}`);
        if (live === undefined || row === undefined)
          return write(` ${title(event.kind)} ${visibleLine(event.name)}  ${text}\n`, target.err);
        advance(row, event.state, text, resultOf(event, transfers));
        live.region.changed();
        if (later && allSettled(live)) void end();
        break;
      }
      case 'layer':
        // Drawn with the next frame: layers report more often than anybody can read.
        followLayer(live, event.image, transfers.update(event));
        break;
      case 'warning':
      case 'error':
      case 'watch':
      case 'build':
      case 'trace':
        return write(messageText(event, target.color.stderr), target.err);
      default:
        write(logLine(event), outputFor(event, target));
    }
  };
  return {
    emit,
    close: () => {
      later = true;
      return end();
    },
    drained: () => outputsDrained(target),
  };
}
