import type { TcomposeEvent } from '../../events.ts';
import { visibleLine } from '../../visible.ts';
import { logFormatter } from './log-lines.ts';
import { messageText } from './message-text.ts';
import { isTerminal, outputFor, outputsDrained } from './outputs.ts';
import type { Renderer, RenderTarget } from './renderer.ts';
import { Transfers } from './transfer.ts';

type Progress = Extract<TcomposeEvent, { type: 'progress' }>;

const progressText = (event: Progress, detail = event.detail) =>
  `${event.name}  ${event.status}${detail === undefined ? '' : `  ${detail}`}`;

/** Milliseconds between two lines about an image that is being transferred. */
const reminderMs = 30_000;

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** A line every half minute for each image that is being transferred, and the total at the end. */
function imageLines(write: (line: string) => void) {
  const transfers = new Transfers();
  const underWay = new Map<string, { readonly event: Progress; readonly timer: NodeJS.Timeout }>();
  const stop = (name: string) => {
    clearInterval(underWay.get(name)?.timer);
    underWay.delete(name);
  };
  return {
    transfers,
    /** Follows an image; returns what its line says besides its status. */
    follow(event: Progress): string | undefined {
      stop(event.name);
      if (event.state === 'done') return event.detail ?? transfers.of(event.name)?.result();
      if (event.state !== 'working') return event.detail;
      const remind = () => write(progressText(event, transfers.of(event.name)?.summary(performance.now())));
      const timer = setInterval(remind, reminderMs);
      timer.unref();
      underWay.set(event.name, { event, timer });
      return event.detail;
    },
    close: () => [...underWay.keys()].forEach(stop),
  };
}

/** One line for each event, as text for logs and pipes. Progress goes to standard error, service output to standard output. */
export function plainRenderer(target: RenderTarget): Renderer {
  const progressLine = (kind: string, text: string) =>
    void target.err.write(` ${title(kind)} ${visibleLine(text)}\n`);
  const images = imageLines((text) => progressLine('image', text));
  const logLine = logFormatter(target.log, (event) => isTerminal(outputFor(event, target)));
  const emit = (event: TcomposeEvent) => {
    switch (event.type) {
      case 'begin':
        return;
      case 'warning':
      case 'error':
      case 'watch':
      case 'build':
      case 'trace':
        target.err.write(messageText(event, target.color.stderr));
        return;
      case 'progress':
        progressLine(
          event.kind,
          progressText(event, event.kind === 'image' ? images.follow(event) : event.detail),
        );
        return;
      case 'layer':
        images.transfers.update(event);
        return;
      default:
        outputFor(event, target).write(logLine(event));
    }
  };
  return { emit, close: async () => images.close(), drained: () => outputsDrained(target) };
}

/** Only warnings, errors and service output. */
export function quietRenderer(target: RenderTarget): Renderer {
  const plain = plainRenderer(target);
  return {
    emit: (event) => {
      if (event.type !== 'progress' && event.type !== 'layer' && event.type !== 'build') plain.emit(event);
    },
    close: plain.close,
    drained: plain.drained,
  };
}
