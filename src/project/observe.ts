import { readInput } from '../compose/read-input.ts';
import { tolerate } from '../engine/client/api-failure.ts';
import type { EngineClient } from '../engine/client/engine-client.ts';
import { listedName } from '../image/reference.ts';
import type { ImageFacts } from './images/pull-policy.ts';
import { labels } from './labels.ts';
import { byServiceAndNumber, type Observed, observedContainer } from './observed.ts';

interface ObserveOptions {
  /**
   * Volume names that the project uses; if empty, volumes are only queried by label, and only when `labelledVolumes` is
   * set.
   */
  readonly volumes?: readonly string[];
  /** Also query volumes by label (for a project whose compose file is not available). */
  readonly labelledVolumes?: boolean;
  readonly images?: boolean;
  /** Images, as engines list them, whose platform and time of the last pull are needed. */
  readonly inspectedImages?: readonly string[];
  /** Files whose content is needed, as a hash. */
  readonly files?: readonly string[];
}

/** The filter that finds a project's objects. */
export const projectFilter = (project: string) => ({ label: [`${labels.project}=${project}`] });

/** Queries everything that a plan needs to know from the engine: one list call for each kind, all in parallel. */
export async function observe(
  client: EngineClient,
  project: string,
  options: ObserveOptions = {},
): Promise<Observed> {
  const wanted = options.volumes ?? [];
  const [containers, networks, named, labelled, images, fileHashes] = await Promise.all([
    client.containers.list({ all: true, filters: projectFilter(project) }),
    client.networks.list(),
    wanted.length > 0 ? client.volumes.list({ name: wanted }) : [],
    options.labelledVolumes === true ? client.volumes.list(projectFilter(project)) : [],
    options.images === true ? client.images.list() : [],
    hashFiles(options.files ?? []),
  ]);
  const volumes = new Map([...named, ...labelled].map((volume) => [volume.Name, volume]));
  const byReference = new Map<string, string>();
  const idsOf = new Map<string, string[]>();
  for (const image of images) {
    byReference.set(image.Id, image.Id);
    for (const reference of [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])]) {
      const name = listedName(reference);
      byReference.set(name, image.Id);
      idsOf.set(name, [...new Set([...(idsOf.get(name) ?? []), image.Id])]);
    }
  }
  const platformImages = new Map([...idsOf].filter(([, ids]) => ids.length > 1));
  await Promise.all(
    [...platformImages.keys()].map(async (name) => {
      const meant = await tolerate(client.images.inspect(name), 404);
      if (meant !== undefined) byReference.set(name, meant.Id);
    }),
  );
  const inspected = [
    ...(options.inspectedImages ?? []).flatMap((name) => byReference.get(name) ?? []),
    ...[...platformImages.values()].flat(),
  ];
  return {
    ...(inspected.length === 0 ? {} : { imageFacts: await imageFacts(client, inspected) }),
    ...(platformImages.size === 0 ? {} : { platformImages }),
    containers: containers.map(observedContainer).sort(byServiceAndNumber),
    networks,
    volumes: [...volumes.values()],
    images: byReference,
    fileHashes,
  };
}

async function imageFacts(
  client: EngineClient,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ImageFacts>> {
  const facts = new Map<string, ImageFacts>();
  await Promise.all(
    [...new Set(ids)].map(async (id) => {
      const image = await tolerate(client.images.inspect(id), 404);
      if (image === undefined) return;
      const { Os: os, Architecture: architecture, Variant: variant } = image;
      const last = Date.parse(image.Metadata?.LastTagTime ?? '');
      facts.set(id, {
        platform: { os, architecture, ...(variant ? { variant } : {}) },
        // Engines use the year 1 for never.
        lastTagMs: Number.isNaN(last) ? 0 : Math.max(0, last),
      });
    }),
  );
  return facts;
}

/** SHA-256 of files by path; a file that can't be read is left out, and the preflight reports it. */
async function hashFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  if (paths.length === 0) return hashes;
  await Promise.all(
    paths.map(async (path) => {
      const content = await readInput(path).catch(() => undefined);
      if (content !== undefined) hashes.set(path, sha256(content));
    }),
  );
  return hashes;
}

/** Loaded on demand: the module takes longer to load than most commands take to query. */
const sha256 = (content: Uint8Array): string =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(content).digest('hex');

/** Only the project's containers, in display order: enough for `ps`, `logs` and the like. */
export async function observeContainers(client: EngineClient, project: string, all = true) {
  const list = await client.containers.list({ all, filters: projectFilter(project) });
  return list.map(observedContainer).sort(byServiceAndNumber);
}
