import { GlobError, globExpression } from '../../build/ignore/glob.ts';
import type { ImageRecord } from '../../image/index.ts';
import type { ImageHistoryEntry, ImageInspect, ImageSummary } from '../api/image.ts';
import { shownImageConfig } from '../containers/view/shown-config.ts';
import type { Engine } from '../context.ts';
import { badParameter } from '../http/failure.ts';
import { parseRfc3339 } from '../time-text.ts';

const noTime = '0001-01-01T00:00:00Z';

/**
 * `busybox`, `busybox:1.36`, `*\/busybox`, `*:1`, `[a-c]*`: Go's path matching on the familiar name with tag or digest. Pure.
 * @throws TcomposeError ENGINE_BAD_PARAMETER for a pattern that is none
 */
export function matchesReference(pattern: string, reference: string): boolean {
  const expression = referenceExpression(pattern);
  if (pattern === reference || `${pattern}:latest` === reference) return true;
  const at = reference.indexOf('@');
  const repository = reference.slice(0, at < 0 ? reference.lastIndexOf(':') : at);
  return expression.test(reference) || expression.test(repository);
}

function referenceExpression(pattern: string): RegExp {
  try {
    return globExpression(pattern);
  } catch (error) {
    if (error instanceof GlobError) throw badParameter(`${error.message}: ${pattern}`);
    throw error;
  }
}

/** Bytes of an image's layers that are shared with other images. */
export function sharedSize(engine: Engine, record: ImageRecord): number {
  const use = engine.images.layerUse();
  return record.chain.reduce((sum, chainId) => {
    const { size = 0, images = 0 } = use.get(chainId) ?? {};
    return sum + (images > 1 ? size : 0);
  }, 0);
}

/** An element of GET /images/json. */
export function summarizeImage(record: ImageRecord): ImageSummary {
  return {
    Id: record.id,
    ParentId: record.parent ?? '',
    RepoTags: record.tags,
    RepoDigests: record.repoDigests,
    Created: Math.max(0, Math.floor(parseRfc3339(record.created) / 1000)),
    Size: record.size,
    SharedSize: -1,
    Labels: record.config.Labels ?? null,
    Containers: -1,
    // Docker does not record the tag that was given with a digest.
    ...(Object.keys(record.digestTags).length === 0 ? {} : { DigestTags: record.digestTags }),
  };
}

/** GET /images/{name}/json */
export function inspectImage(record: ImageRecord): ImageInspect {
  return {
    Id: record.id,
    RepoTags: record.tags,
    RepoDigests: record.repoDigests,
    Parent: record.parent ?? '',
    Comment: record.history.at(-1)?.comment ?? '',
    Created: record.created,
    DockerVersion: record.dockerVersion ?? '',
    Author: record.author ?? '',
    Config: shownImageConfig(record.config),
    Architecture: record.architecture,
    ...(record.variant === undefined ? {} : { Variant: record.variant }),
    Os: record.os,
    Size: record.size,
    GraphDriver: { Name: 'overlay2', Data: null },
    RootFS: { Type: 'layers', Layers: record.diffIds },
    Metadata: { LastTagTime: record.lastTagged ?? noTime },
  };
}

/** GET /images/{name}/history: top first; only the top entry has the image's id and names, and only layers have a size. */
export async function imageHistory(engine: Engine, record: ImageRecord): Promise<ImageHistoryEntry[]> {
  if (record.host) return [];
  const layers = await engine.images.layersOf(record);
  let layer = 0;
  const entries = record.history.map((entry, index) => {
    const top = index === record.history.length - 1;
    const size = entry.empty_layer === true ? 0 : (layers[layer++]?.size ?? 0);
    return {
      Id: top ? record.id : '<missing>',
      Created: Math.max(0, Math.floor(parseRfc3339(entry.created ?? record.created) / 1000)),
      CreatedBy: entry.created_by ?? '',
      Tags: top && record.tags.length > 0 ? record.tags : null,
      Size: size,
      Comment: entry.comment ?? '',
    };
  });
  return entries.reverse();
}
