import type { TcomposeEvent } from '../../events.ts';
import { outputsDrained } from './outputs.ts';
import type { Renderer, RenderTarget } from './renderer.ts';
import { isLayerOver } from './transfer.ts';

type Progress = Extract<TcomposeEvent, { type: 'progress' }>;
type Layer = Extract<TcomposeEvent, { type: 'layer' }>;

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** Docker Compose's words for a resource's state. */
const statusWords: Readonly<Record<Progress['state'], string>> = {
  working: 'Working',
  done: 'Done',
  warning: 'Warning',
  failed: 'Error',
  skipped: 'Done',
};

/** Progress in the fields of Docker Compose 5: `id`, `status`, `text`, `details`, and for a layer `parent_id` and its bytes. */
function progressFields(event: Progress | Layer) {
  if (event.type === 'progress')
    return {
      id: `${title(event.kind)} ${event.name}`,
      status: statusWords[event.state],
      text: event.status,
      ...(event.detail === undefined ? {} : { details: event.detail }),
    };
  const { current, total } = event;
  return {
    id: event.layer,
    parent_id: `Image ${event.image}`,
    status: isLayerOver(event.status) ? 'Done' : 'Working',
    text: event.status,
    ...(current === undefined ? {} : { current }),
    ...(total === undefined ? {} : { total }),
    ...(current === undefined || !total ? {} : { percent: Math.floor((current * 100) / total) }),
  };
}

/** One JSON object per line: progress, warnings and errors on standard error, service output on standard output. */
export function jsonRenderer(target: RenderTarget): Renderer {
  const write = (to: NodeJS.WritableStream, object: object) => void to.write(`${JSON.stringify(object)}\n`);
  const emit = (event: TcomposeEvent) => {
    const { type, ...fields } = event;
    switch (event.type) {
      case 'error': {
        const { code, message, hint, where } = event.error;
        write(target.err, { type, code, message, hint, where });
        return;
      }
      case 'progress':
      case 'layer':
        write(target.err, { type: 'progress', ...progressFields(event) });
        return;
      case 'log':
      case 'container-exit':
        write(target.out, { type, ...fields });
        return;
      default:
        write(target.err, { type, ...fields });
    }
  };
  return { emit, close: async () => {}, drained: () => outputsDrained(target) };
}
