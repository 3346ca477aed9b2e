import type { CacheOutput } from '../../../build/llb/cache-option.ts';
import type { Ingest } from '../../../image/ingest-types.ts';
import type { ImageRecord } from '../../../image/types.ts';
import type { BuildRequest } from '../../api/build.ts';
import type { Engine } from '../../context.ts';
import type { PlannedBuild } from '../base-images.ts';
import type { BuildShop } from '../build-shop.ts';
import type { CacheLease } from '../cache/cache-types.ts';
import type { Executor } from '../executor.ts';
import type { BuildSink } from '../sink.ts';
import type { Snapshot } from '../snapshot.ts';
import type { DoneBuild } from './keep-results.ts';
import { type CacheShare, KeptBuilds } from './kept-builds.ts';
import type { LoadedCache } from './load-cache.ts';
import { type CacheWay, openCaches, openOutputs } from './open-caches.ts';
import { RemoteSteps } from './remote-steps.ts';
import { inlineRecords, saveCaches } from './save-cache.ts';
import { StepKeys } from './step-keys.ts';

/** What the caches need to know about a build. */
export interface CachedBuild {
  readonly planned: PlannedBuild;
  readonly shop: BuildShop;
  readonly cache: CacheLease;
  readonly epoch: number | undefined;
}

/** The external caches that a build takes steps from, and those that it is written to. */
export class BuildCaches {
  readonly #way: CacheWay;
  readonly #caches: readonly LoadedCache[];
  readonly #outputs: readonly CacheOutput[];
  readonly #ingest: Ingest;
  readonly #share: CacheShare;
  readonly #shared: boolean;

  private constructor(
    way: CacheWay,
    caches: readonly LoadedCache[],
    outputs: readonly CacheOutput[],
    share: CacheShare | undefined,
  ) {
    this.#way = way;
    this.#caches = caches;
    this.#outputs = outputs;
    this.#ingest = way.engine.images.ingest();
    this.#share = share ?? { kept: new KeptBuilds(way.engine), last: true };
    this.#shared = share !== undefined;
  }

  /**
   * Undefined if a request names none.
   * @param share where the results of this build are collected with those of others
   * @throws TcomposeError BUILD_CONTEXT for invalid values
   */
  static async open(
    request: BuildRequest,
    way: CacheWay,
    share?: CacheShare,
  ): Promise<BuildCaches | undefined> {
    if ((request.cacheFrom ?? []).length + (request.cacheTo ?? []).length === 0) return undefined;
    const outputs = await openOutputs(request, way);
    return new BuildCaches(way, await openCaches(request, way), outputs, share);
  }

  /** To be called before an executor runs. */
  use(executor: Executor, build: CachedBuild): UsedCaches {
    const { planned, shop, cache, epoch } = build;
    const { engine, warn } = this.#way;
    const { plan, images } = planned;
    const open = executor.open.bind(executor);
    const digestsOf = (image: ImageRecord) => imageDigests(engine, image);
    const keys = new StepKeys({ plan, images, digestsOf, epoch, files: shop.files, open });
    const caches = this.#caches;
    const remote = new RemoteSteps({ engine, plan, keys, caches, cache, ingest: this.#ingest, warn });
    if (caches.length > 0) executor.useCaches(remote);
    const done = async (target: Snapshot): Promise<DoneBuild> => ({
      engine,
      planned,
      cache,
      keys,
      snapshots: await executor.made(),
      target,
      found: (id) => remote.find(id),
      epoch,
    });
    return {
      inline: async (target) =>
        this.#outputs.some(({ place }) => place.kind === 'inline')
          ? inlineRecords(await done(target))
          : undefined,
      save: async (target, sink) =>
        saveCaches(await done(target), this.#outputs, this.#way, sink, this.#share),
    };
  }

  /** Idempotent. */
  async release(): Promise<void> {
    if (!this.#shared) await this.#share.kept.release();
    await this.#ingest.release();
  }
}

/** Digests by which an image may have been requested. */
async function imageDigests({ images }: Engine, image: ImageRecord): Promise<readonly string[]> {
  const asked = image.repoDigests.map((name) => name.slice(name.indexOf('@') + 1));
  const { manifest, index } = await images.manifestOf(image);
  return [...new Set([manifest.descriptor.digest, index?.descriptor.digest ?? [], asked].flat())];
}

/** The caches of a build that is running or has ended. */
export interface UsedCaches {
  /** Cache records for the image's configuration; undefined if not requested. */
  inline(target: Snapshot): Promise<string | undefined>;
  /** Writes the cache to every requested place. @throws TcomposeError */
  save(target: Snapshot, sink: BuildSink): Promise<void>;
}
