import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { Descriptor } from '../../image/ingest-types.ts';
import { formatReference, parseReference, withDefaultTag } from '../../image/reference.ts';
import { type FetchedManifest, fetchManifest } from '../../registry/content/fetch-manifest.ts';
import { parseManifest } from '../../registry/content/manifest.ts';
import { hasManifest, pushManifest } from '../../registry/content/push-manifest.ts';
import type { Registry } from '../../registry/registry.ts';
import { downloadBlob } from '../../registry/transfer/download.ts';
import { uploadBlob } from '../../registry/transfer/upload.ts';
import { namedContent } from './named-content.ts';

/** A repository that images are copied into. */
export interface CopyTarget {
  readonly registry: Registry;
  /** `team/app`. */
  readonly path: string;
  readonly signal: AbortSignal;
}

interface Copy {
  readonly source: Registry;
  /** Repository in the source registry. */
  readonly from: string;
  readonly what: string;
  readonly target: CopyTarget;
}

/** How deeply nested indexes are followed. */
const deepest = 3;

/**
 * Copies an image from its registry, an index with everything that it lists, with unchanged bytes. Within one registry
 * blobs are mounted, otherwise they are copied through a temporary file.
 * @returns its descriptor in the target
 * @throws TcomposeError REGISTRY_*
 */
export async function copyImage(
  image: string,
  openRegistry: (domain: string) => Promise<Registry>,
  target: CopyTarget,
): Promise<Descriptor> {
  const reference = withDefaultTag(parseReference(image));
  const { domain, path, tag, digest } = reference;
  const copy: Copy = {
    source: await openRegistry(domain),
    from: path,
    what: formatReference(reference),
    target,
  };
  const top = await fetched(copy, digest ?? tag!);
  // Charts and the like are not images.
  parseManifest(top.bytes, top.contentType, copy.what);
  const mediaType = await copyManifest(copy, top, 1);
  return { mediaType, digest: top.digest, size: top.bytes.length };
}

const fetched = ({ source, from, what, target }: Copy, reference: string): Promise<FetchedManifest> => {
  const scopes = [`repository:${from}:pull`];
  const place = { path: from, reference, what, scopes, signal: target.signal };
  return source.across((session) => fetchManifest(session, place));
};

/** @returns its media type */
async function copyManifest(copy: Copy, { bytes, digest, contentType }: FetchedManifest, depth: number) {
  const { what, target } = copy;
  const { mediaType, manifests, blobs } = namedContent(bytes, contentType, what);
  const place = {
    path: target.path,
    reference: digest,
    what,
    scopes: [`repository:${target.path}:pull,push`],
    signal: target.signal,
  };
  if (await hasManifest(target.registry.main, place)) return mediaType;
  if (manifests.length > 0 && depth > deepest)
    throw new TcomposeError('REGISTRY_CONTENT', `${what} has indexes more than ${deepest} deep`);
  for (const entry of manifests) await copyManifest(copy, await fetched(copy, entry), depth + 1);
  for (const blob of blobs) await copyBlob(copy, blob);
  await pushManifest(target.registry.main, place, { bytes, mediaType });
  return mediaType;
}

async function copyBlob(copy: Copy, descriptor: Descriptor): Promise<void> {
  const { source, from, what, target } = copy;
  const same = source.domain === target.registry.domain && from !== target.path;
  let file: string | undefined;
  try {
    await uploadBlob(target.registry.main, {
      path: target.path,
      descriptor,
      what,
      scopes: [`repository:${target.path}:pull,push`],
      signal: target.signal,
      mountFrom: same ? [from] : [],
      open: async function* (offset) {
        file ??= await fetchBlob(copy, descriptor);
        yield* createReadStream(file, { start: offset }) as AsyncIterable<Buffer>;
      },
    });
  } finally {
    if (file !== undefined) await rm(join(file, '..'), { recursive: true, force: true });
  }
}

/**
 * @returns the path of a file in a directory of its own. @throws TcomposeError REGISTRY_CONTENT when it does not match
 * its digest
 */
async function fetchBlob({ source, from, what, target }: Copy, descriptor: Descriptor): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tcompose-publish-'));
  const path = join(directory, 'blob');
  try {
    const handle = await open(path, 'wx', 0o600);
    let offset = 0;
    try {
      const place = {
        path: from,
        descriptor,
        what,
        scopes: [`repository:${from}:pull`],
        signal: target.signal,
      };
      await downloadBlob(source, place, {
        get offset() {
          return offset;
        },
        async write(chunk) {
          for (let at = 0; at < chunk.length; )
            at += (await handle.write(chunk, at, chunk.length - at, offset + at)).bytesWritten;
          offset += chunk.length;
        },
        async restart() {
          await handle.truncate(0);
          offset = 0;
        },
      });
    } finally {
      await handle.close();
    }
    await verify(path, descriptor, what);
    return path;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function verify(path: string, { digest }: Descriptor, what: string): Promise<void> {
  const [algorithm = ''] = digest.split(':');
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  const found = `${algorithm}:${hash.digest('hex')}`;
  if (found !== digest)
    throw new TcomposeError('REGISTRY_CONTENT', `a blob of ${what} is ${found} and not ${digest}`);
}
