import { parseBoundedJson } from '../../../bounded-json.ts';
import { TcomposeError } from '../../../errors.ts';
import { whyTooManyLayers } from '../../../image/config-facts.ts';
import type { ImageContent, Platform } from '../../../image/index.ts';
import { normalisePlatform } from '../../../image/platform.ts';
import { isDigest } from '../../../registry/content/digest.ts';
import { readBlob } from './read-blob.ts';

const maxConfigSize = 8 * 1024 * 1024;

/**
 * What is needed from an image's configuration before its layers: their DiffIDs, bottom first, and the platform that it
 * declares. The store reads the rest.
 * @throws TcomposeError REGISTRY_CONTENT, REGISTRY_UNSUPPORTED for another operating system
 */
export async function readDiffIds(
  content: Pick<ImageContent, 'openBlob'>,
  digest: string,
  what: string,
): Promise<{ readonly diffIds: readonly string[]; readonly platform: Platform | undefined }> {
  const malformed = (why: string): TcomposeError =>
    new TcomposeError('REGISTRY_CONTENT', `the configuration of ${what} cannot be used: ${why}`);
  const bytes = await readBlob(content, digest, maxConfigSize);
  if (bytes === undefined) throw malformed('it is not in the store');
  let value: unknown;
  try {
    value = parseBoundedJson(bytes);
  } catch (error) {
    throw malformed(`it is not JSON (${(error as Error).message})`);
  }
  const rootfs = find(value, 'rootfs');
  if (typeof rootfs !== 'object' || rootfs === null) throw malformed('invalid image JSON, no RootFS key');
  const list = find(rootfs, 'diff_ids') ?? [];
  if (!Array.isArray(list) || !list.every(isDigest)) throw malformed('its DiffIDs are not digests');
  const tooMany = whyTooManyLayers(list.length);
  if (tooMany !== undefined) throw malformed(tooMany);
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((key) => find(value, key));
  if (typeof os === 'string' && os !== '' && os.toLowerCase() !== 'linux') {
    throw new TcomposeError('REGISTRY_UNSUPPORTED', `cannot load ${os} image on linux: ${what}`, {
      hint: 'Containers of another operating system cannot run here.',
    });
  }
  const platform =
    typeof architecture === 'string' && architecture !== ''
      ? normalisePlatform({
          os: 'linux',
          architecture,
          ...(typeof variant === 'string' && variant !== '' ? { variant } : {}),
        })
      : undefined;
  return { diffIds: list, platform };
}

/** A value by its key in any case, as Go finds it; the last one if there are several. */
function find(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value)
    .filter(([name]) => name.toLowerCase() === key)
    .at(-1)?.[1];
}
