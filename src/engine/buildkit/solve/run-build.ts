import { saveArchive } from '../../../image/archive/save.ts';
import { normaliseTag } from '../../../image/reference.ts';
import type { BuildEvent } from '../../api/build.ts';
import { buildPlatforms } from '../../build/platforms/build-platforms.ts';
import { usesImage } from '../../containers/host/image-mounts.ts';
import type { Engine } from '../../context.ts';
import { GrpcError } from '../wire/status.ts';
import { buildFault } from './build-fault.ts';
import { type OpenedBuild, openBuild } from './open-build.ts';
import type { Output } from './outputs.ts';
import { sessionClient } from './session-client.ts';
import type { Built, Solve } from './solves.ts';
import { sendArchive, takerOf } from './take-result.ts';

/**
 * Carries out a build with the frontend `dockerfile.v0`, reported to everyone who follows the solve.
 * @param inputs images that stand for named contexts, by the input's name
 * @throws GrpcError
 */
export async function runBuild(
  engine: Engine,
  solve: Solve,
  attributes: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, string>,
  output: Output,
): Promise<Built> {
  const opened = await openBuild(engine, solve, attributes, inputs, output);
  const { asked, brought, vertices, tell } = opened;
  for (const message of asked.missing)
    for (const piece of vertices.take({ type: 'warning', message })) await tell(piece);
  const before = new Set(engine.images.list().map(({ id }) => id));
  const last = await carryOut(engine, solve, opened, output, async (event) => {
    for (const piece of vertices.take(event)) await tell(piece);
  });
  if (last?.type === 'error') throw buildFault(last, brought.text);
  if (solve.signal.aborted) throw new GrpcError('cancelled', 'context canceled');
  const { image, images = image === undefined ? [] : [image] } =
    last?.type === 'done' ? last : { image: undefined };
  const facts =
    image === undefined ? {} : await responseOf(engine, image, images.length > 1 || isGiven(output));
  if (output.kind === 'archive' && image !== undefined) {
    await giveArchive(engine, opened, images, output.names, solve.signal);
    for (const id of images) if (!before.has(id)) await forget(engine, id);
  }
  const { cacheManifest } = opened;
  return {
    image,
    images,
    response: new Map([
      ...Object.entries(facts),
      ...(cacheManifest() === undefined
        ? []
        : [['cache.manifest', JSON.stringify(cacheManifest())] as const]),
    ]),
  };
}

/** Carries out an opened build, and releases it. Returns the last event. */
export async function carryOut(
  engine: Engine,
  { signal }: Solve,
  opened: OpenedBuild,
  output: Output,
  sink: (event: BuildEvent) => Promise<void>,
): Promise<BuildEvent | undefined> {
  let last: BuildEvent | undefined;
  const { client, release } = await sessionClient(
    engine,
    opened,
    takerOf(output, opened.session, signal),
    signal,
  );
  try {
    const take = async (event: BuildEvent): Promise<void> => {
      last = event;
      await sink(event);
    };
    await buildPlatforms(engine, opened.request, take, signal, client);
  } finally {
    await release();
  }
  return last;
}

/** Sends an image to the client as an archive, in which it has its names; for several platforms, all images. */
async function giveArchive(
  { images }: Engine,
  { session }: OpenedBuild,
  ids: readonly string[],
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const tags = names.map(normaliseTag);
  const saved = ids.map((id) => ({ image: images.get(id)!, tags }));
  const bytes = await saveArchive(images, saved, images.ingest());
  await sendArchive(session, bytes, signal);
}

/** An image that was made only to be sent is not kept, unless it has been named meanwhile. */
async function forget({ images, containers }: Engine, id: string): Promise<void> {
  const used = containers.all().some(({ record }) => usesImage(record, id));
  if (!used && images.get(id)?.tags.length === 0) await images.remove(id, { force: false, usedBy: () => [] });
}

/** Whether others receive the image, who know it by its manifest. */
const isGiven = (output: Output): boolean =>
  output.kind === 'archive' || (output.kind === 'image' && output.push);

/** What clients read about an image: its id, and the digest by which others know it if it is sent to them. */
async function responseOf(
  { images }: Engine,
  id: string,
  given: boolean,
): Promise<Readonly<Record<string, string>>> {
  const image = images.get(id);
  const stored = image === undefined ? undefined : await images.manifestOf(image);
  const top = (stored?.index ?? stored?.manifest)?.descriptor;
  const { mediaType, digest, size } = top ?? { mediaType: '', digest: id, size: 0 };
  const descriptor = Buffer.from(JSON.stringify({ mediaType, digest, size })).toString('base64');
  return {
    'containerimage.config.digest': id,
    'containerimage.digest': given ? digest : id,
    'containerimage.descriptor': descriptor,
  };
}
