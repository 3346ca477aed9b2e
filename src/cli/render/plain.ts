import type { TcomposeEvent } from '../../events.ts';
import { logFormatter } from './log-lines.ts';
import { formatError } from './print-error.ts';
import type { Renderer, RenderTarget } from './renderer.ts';

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** A warning in the one form all human-readable renderers share. */
export function warningText(message: string, hint: string | undefined, color: boolean): string {
  const head = color ? '\u001b[33;1mwarning:\u001b[0m' : 'warning:';
  return `${head} ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`;
}

/** One line an event, as text for logs and pipes. Progress goes to standard error, service output to standard output. */
export function plainRenderer(target: RenderTarget): Renderer {
  const logLine = logFormatter(target.log);
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
        target.err.write(
          ` ${title(event.kind)} ${event.name}  ${event.status}${event.detail === undefined ? '' : `  ${event.detail}`}\n`,
        );
        return;
      default:
        target.out.write(logLine(event));
    }
  };
  return { emit, close: async () => {} };
}

/** Nothing but warnings, errors and what services print. */
export function quietRenderer(target: RenderTarget): Renderer {
  const plain = plainRenderer(target);
  return {
    emit: (event) => {
      if (event.type !== 'progress') plain.emit(event);
    },
    close: plain.close,
  };
}
