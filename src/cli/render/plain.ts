import type { TcomposeEvent } from '../../events.ts';
import { visibleLine } from '../../visible.ts';
import { logFormatter } from './log-lines.ts';
import { isTerminal, outputFor, outputsDrained } from './outputs.ts';
import { formatError } from './print-error.ts';
import type { Renderer, RenderTarget } from './renderer.ts';
import { warningText } from './warning.ts';

const progressText = (event: Extract<TcomposeEvent, { type: 'progress' }>) =>
  `${event.name}  ${event.status}${event.detail === undefined ? '' : `  ${event.detail}`}`;

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** One line an event, as text for logs and pipes. Progress goes to standard error, service output to standard output. */
export function plainRenderer(target: RenderTarget): Renderer {
  const logLine = logFormatter(target.log, (event) => isTerminal(outputFor(event, target)));
  const emit = (event: TcomposeEvent) => {
    switch (event.type) {
      case 'begin':
        return;
      case 'warning':
        target.err.write(warningText(event.message, event.hint, target.color.stderr));
        return;
      case 'error':
        target.err.write(formatError(event.error, { color: target.color.stderr, verbose: false }));
        return;
      case 'progress':
        target.err.write(` ${title(event.kind)} ${visibleLine(progressText(event))}\n`);
        return;
      default:
        outputFor(event, target).write(logLine(event));
    }
  };
  return { emit, close: async () => {}, drained: () => outputsDrained(target) };
}

/** Nothing but warnings, errors and what services print. */
export function quietRenderer(target: RenderTarget): Renderer {
  const plain = plainRenderer(target);
  return {
    emit: (event) => {
      if (event.type !== 'progress') plain.emit(event);
    },
    close: plain.close,
    drained: plain.drained,
  };
}
