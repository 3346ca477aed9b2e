import { applyChanges } from '../../image/image-changes.ts';
import type { ImageRecord, ImageRuntimeConfig, Ingest, NewLayer } from '../../image/index.ts';
import type { ContainerConfig } from '../api/container-config.ts';
import type { Container } from '../containers/container.ts';
import { emitContainer } from '../containers/events.ts';
import { pauseContainer, unpauseContainer } from '../containers/lifecycle/stop.ts';
import type { Engine } from '../context.ts';
import { badParameter, notImplemented } from '../http/failure.ts';
import { emitImage } from './image-events.ts';

export interface CommitRequest {
  readonly reference?: string;
  readonly comment: string;
  readonly author: string;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly pause: boolean;
  /** Replaces the container's configuration, field by field. */
  readonly config: Partial<ContainerConfig>;
}

/** Directories that are covered by mounts in every running container: what is below them is useless. */
const mountedOver = ['dev', 'proc', 'sys'];

/** Fields of a container's configuration that images have, too. */
const kept = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'StopTimeout',
  'Healthcheck',
  'OnBuild',
  'Shell',
] as const;

function imageConfig(...configs: readonly object[]): ImageRuntimeConfig {
  const result: Record<string, unknown> = {};
  for (const config of configs)
    for (const name of kept) {
      const value = (config as Record<string, unknown>)[name];
      if (value !== undefined && value !== null && value !== '') result[name] = value;
    }
  return result as ImageRuntimeConfig;
}

/**
 * Makes an image of a container's changes (`docker commit`): its image with one more layer. A running container is
 * paused meanwhile if requested. @returns the image's id
 */
export async function commitContainer(
  engine: Engine,
  container: Container,
  request: CommitRequest,
): Promise<string> {
  const image = engine.images.get(container.record.imageId);
  if (image === undefined)
    throw badParameter(`the image of ${container.name} is gone, so a commit has nothing to build on`);
  if (image.host)
    throw notImplemented(
      'a container of tcompose/host cannot be committed: its root is made of this machine’s own files',
    );
  const source = engine.images.rootfs(image).storage;
  if (source.kind === 'copy') throw notImplemented(`a container cannot be committed here: ${source.reason}`);
  // Invalid changes are reported before anything is made.
  applyChanges({}, request.changes);
  const ingest = engine.images.ingest();
  const pause = request.pause && container.state.status === 'running';
  if (pause) await pauseContainer(engine, container, '; commit without that: --pause=false');
  try {
    ingest.hold(image);
    const below = await engine.images.layersOf(image);
    const layer = await engine.images.maker
      .layer({ kind: 'upper', directory: container.upperDir, without: mountedOver }, image.diffIds, ingest)
      .finally(async () => {
        if (pause) await unpauseContainer(engine, container);
      });
    const made = await record(engine, { container, image, request, layers: [...below, layer] }, ingest);
    emitImage(engine, 'create', made.id, made.id);
    const { reference } = request;
    if (reference !== undefined) emitImage(engine, 'tag', made.id, reference);
    emitContainer(engine, container, 'commit', {
      comment: request.comment,
      imageID: made.id,
      imageRef: reference ?? '',
    });
    return made.id;
  } finally {
    await ingest.release();
  }
}

interface Committed {
  readonly container: Container;
  readonly image: ImageRecord;
  readonly request: CommitRequest;
  readonly layers: readonly NewLayer[];
}

function record(
  engine: Engine,
  { container, image, request, layers }: Committed,
  ingest: Ingest,
): Promise<ImageRecord> {
  const config = applyChanges(imageConfig(container.record.config, request.config), request.changes);
  const created = new Date(engine.clock.now().ms).toISOString();
  const { comment, author } = request;
  const history = [
    ...image.history,
    {
      created,
      created_by: container.record.command.join(' '),
      ...(author === '' ? {} : { author }),
      ...(comment === '' ? {} : { comment }),
    },
  ];
  const { os, architecture, variant } = image;
  return engine.images.maker.image(
    {
      facts: {
        os,
        architecture,
        ...(variant === undefined ? {} : { variant }),
        ...(author === '' ? {} : { author }),
        created,
        config,
        history,
      },
      layers,
      parent: image.id,
      ...(request.reference === undefined ? {} : { tag: request.reference }),
    },
    ingest,
  );
}
