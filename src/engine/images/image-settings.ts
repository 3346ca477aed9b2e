import { TcomposeError } from '../../errors.ts';
import { readOwnersFile } from '../client/owners-file.ts';

/** What the machine's owner has configured for images. */
export interface ImageSettings {
  /** Bytes that the files of one layer may have together; undefined for the store's default. */
  readonly largestLayer: number | undefined;
}

const gibibyte = 2 ** 30;

/** Reads the part `images` of engine.json: `{"largestLayerGiB": 20}`. @throws TcomposeError REGISTRY_CONFIG */
export function parseImageSettings(text: string, where: string): ImageSettings {
  const fail = (why: string): never => {
    throw new TcomposeError('REGISTRY_CONFIG', `${where}: ${why}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`this is not JSON: ${(error as Error).message}`);
  }
  const images = (value as { images?: unknown } | null)?.images;
  if (images === undefined) return { largestLayer: undefined };
  if (typeof images !== 'object' || images === null || Array.isArray(images))
    return fail('images must be an object');
  for (const key of Object.keys(images))
    if (key !== 'largestLayerGiB') fail(`images.${key} is not known; known settings are largestLayerGiB`);
  const { largestLayerGiB: size } = images as { largestLayerGiB?: unknown };
  if (size === undefined) return { largestLayer: undefined };
  if (typeof size !== 'number' || !(size > 0)) return fail('images.largestLayerGiB must be a number above 0');
  return { largestLayer: Math.floor(size * gibibyte) };
}

/** The settings in engine.json; a change applies from the next layer. @throws TcomposeError REGISTRY_CONFIG */
export function readImageSettings(config: string): ImageSettings {
  const text = readOwnersFile(config, 'REGISTRY_CONFIG', 'It sets how large a layer may be');
  return text === undefined ? { largestLayer: undefined } : parseImageSettings(text, config);
}
