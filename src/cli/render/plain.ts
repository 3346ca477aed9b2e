import type { TcomposeEvent } from '../../events.ts';
import { formatError } from '../print-error.ts';
import type { Renderer, RenderTarget } from './renderer.ts';

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** One line an event, as text for logs and pipes. Progress goes to standard error, service output to standard output. */
export function plainRenderer(target: RenderTarget): Renderer {
  const emit = (event: TcomposeEvent) => {
    switch (event.type) {
      case 'warning':
        target.err.write(
          `warning: ${event.message}\n${event.hint === undefined ? '' : `hint: ${event.hint}\n`}`,
        );
        return;
      case 'error':
        target.err.write(formatError(event.error, { color: target.color.stderr, verbose: false }));
        return;
      case 'progress':
        target.err.write(
          ` ${title(event.kind)} ${event.name}  ${event.status}${event.detail === undefined ? '' : `  ${event.detail}`}\n`,
        );
        return;
      case 'log':
        target.out.write(`${event.container} | ${event.line}\n`);
        return;
      case 'container-exit':
        target.err.write(`${event.container} exited with code ${event.exitCode}\n`);
    }
  };
  return { emit, close: async () => {} };
}
