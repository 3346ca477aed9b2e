import type { ImageProgress } from '../../engine/api/image.ts';
import type { TcomposeEvent } from '../../events.ts';

/** Layers are named by the beginning of their digest; other lines have a tag instead, or nothing. */
const layerId = /^[0-9a-f]{12}$/;

/** A line of a pull or push as an event of one layer; undefined for lines about the whole image. `at` as in events. */
export function layerEvent(
  { id, status, progressDetail }: ImageProgress,
  image: string,
  at: number,
): Extract<TcomposeEvent, { type: 'layer' }> | undefined {
  if (id === undefined || status === undefined || !layerId.test(id) || status.startsWith('Pulling from'))
    return undefined;
  // With a unit it is not a number of bytes.
  const { current, total, units } = progressDetail ?? {};
  return {
    type: 'layer',
    image,
    layer: id,
    status,
    at,
    ...(current === undefined || units ? {} : { current }),
    ...(total === undefined || total <= 0 || units ? {} : { total }),
  };
}
