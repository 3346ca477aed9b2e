import type { TcomposeEvent } from '../../events.ts';
import { outputsDrained } from './outputs.ts';
import type { Renderer, RenderTarget } from './renderer.ts';

/** One JSON object a line: progress, warnings and errors on standard error, service output on standard output. */
export function jsonRenderer(target: RenderTarget): Renderer {
  const emit = (event: TcomposeEvent) => {
    const { type, ...fields } = event;
    if (event.type === 'error') {
      const { code, message, hint, where } = event.error;
      target.err.write(`${JSON.stringify({ type, code, message, hint, where })}\n`);
    } else if (event.type === 'log' || event.type === 'container-exit')
      target.out.write(`${JSON.stringify({ type, ...fields })}\n`);
    else target.err.write(`${JSON.stringify({ type, ...fields })}\n`);
  };
  return { emit, close: async () => {}, drained: () => outputsDrained(target) };
}
