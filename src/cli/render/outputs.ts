import type { TcomposeEvent } from '../../events.ts';
import type { RenderTarget } from './renderer.ts';

/** The output for a line of a container. */
export const outputFor = (event: TcomposeEvent, target: RenderTarget): NodeJS.WritableStream =>
  target.log.stderr === true && event.type === 'log' && event.stream === 'stderr' ? target.err : target.out;

/** Resolves when a stream accepts more: at once unless its buffer is full. */
export function drained(
  stream: NodeJS.WritableStream & { readonly writableNeedDrain?: boolean },
): Promise<void> {
  if (stream.writableNeedDrain !== true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      stream.off('drain', end);
      stream.off('close', end);
      stream.off('error', end);
      resolve();
    };
    stream.once('drain', end);
    stream.once('close', end);
    stream.once('error', end);
  });
}

/** The same for both outputs of a renderer. */
export const outputsDrained = async ({ out, err }: RenderTarget): Promise<void> => {
  await drained(out);
  await drained(err);
};

/** Whether output there is displayed to a person. */
export const isTerminal = (stream: NodeJS.WritableStream & { readonly isTTY?: boolean }): boolean =>
  stream.isTTY === true;
