import { release } from 'node:os';
import { parseBoundedJson } from '../bounded-json.ts';
import { TcomposeError } from '../errors.ts';
import type { ImageConfigFacts } from './ingest-types.ts';
import { fieldsOf, JsonPart, refused } from './json-part.ts';
import type { ImageHistoryRecord, ImageRuntimeConfig } from './types.ts';

/** An RFC 3339 time with its zone, as clients read it. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

const isTime = (value: string | undefined): value is string =>
  value !== undefined && time.test(value) && !Number.isNaN(Date.parse(value));

const unset = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/** How a container of the image is run. @throws TcomposeError IMAGE_CONFIG */
function runtimeConfig(config: JsonPart | undefined): ImageRuntimeConfig {
  if (config === undefined) return {};
  const health = config.part('Healthcheck');
  return unset({
    User: config.text('User'),
    ExposedPorts: config.names('ExposedPorts'),
    Env: config.words('Env'),
    Entrypoint: config.command('Entrypoint'),
    Cmd: config.command('Cmd'),
    ArgsEscaped: config.flag('ArgsEscaped'),
    Volumes: config.names('Volumes'),
    WorkingDir: config.text('WorkingDir'),
    Labels: config.labels('Labels'),
    StopSignal: config.text('StopSignal'),
    StopTimeout: config.number('StopTimeout'),
    OnBuild: config.words('OnBuild'),
    Shell: config.command('Shell'),
    Healthcheck:
      health === undefined
        ? undefined
        : unset({
            Test: health.words('Test'),
            Interval: health.number('Interval'),
            Timeout: health.number('Timeout'),
            StartPeriod: health.number('StartPeriod'),
            StartInterval: health.number('StartInterval'),
            Retries: health.number('Retries'),
          }),
  }) as ImageRuntimeConfig;
}

function historyOf(image: JsonPart): ImageHistoryRecord[] {
  return image.parts('history').map((one) => {
    const created = one.text('created');
    return unset({
      created: isTime(created) ? created : undefined,
      created_by: one.text('created_by'),
      author: one.text('author'),
      comment: one.text('comment'),
      empty_layer: one.flag('empty_layer'),
    }) as ImageHistoryRecord;
  });
}

const digest = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** Whether the text is `sha256:<64 hex>` or the like, and so may become a path. */
export const isDigest = (text: string): boolean => digest.test(text);

const noTime = '0001-01-01T00:00:00Z';

/** How many short layer names fit into the page that a mount's options have, beside those of a container's own directories. */
const mostInOnePage = 340;
/** Overlayfs takes 500 directories, which Linux passes one by one since 6.7; a container needs some for itself. */
const mostOneByOne = 490;

/** Says why no container with so many layers can be made on this machine; undefined when one can. */
export function whyTooManyLayers(count: number, kernel = release()): string | undefined {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const newer = major > 6 || (major === 6 && minor >= 7);
  const most = newer ? mostOneByOne : mostInOnePage;
  if (count <= most) return undefined;
  const later = newer ? '' : ` before Linux 6.7, which takes ${mostOneByOne}`;
  return `it has ${count} layers, and ${most} are the most that an overlay is mounted of${later}`;
}

/**
 * Reads an image configuration. Its names may be in any case, as Go takes them; what is missing is this machine's.
 * @throws TcomposeError IMAGE_CONFIG when it is not one, has no layers, is for another operating system, or says something by
 * a value of the wrong type: whoever runs it would not get what it says
 */
export function parseImageConfig(bytes: Uint8Array, architecture: string): ImageConfigFacts {
  let parsed: unknown;
  try {
    parsed = parseBoundedJson(bytes);
  } catch (error) {
    throw refused(`invalid image JSON: ${(error as Error).message}`);
  }
  const fields = fieldsOf(parsed);
  if (fields === undefined) throw refused('invalid image JSON, no object');
  const image = new JsonPart(fields, '');
  const diffIds = diffIdsOf(image);
  const os = image.text('os')?.toLowerCase() ?? 'linux';
  if (os !== 'linux') throw refused(`cannot load ${os} image on linux`);
  const history = historyOf(image);
  if (history.filter((one) => one.empty_layer !== true).length > diffIds.length)
    throw refused('too many non-empty layers in History section');
  const created = image.text('created');
  const variant = image.text('variant');
  const author = image.text('author');
  const dockerVersion = image.text('docker_version');
  return {
    os,
    architecture: image.text('architecture') ?? architecture,
    ...(variant === undefined ? {} : { variant }),
    created: isTime(created) ? created : noTime,
    ...(author === undefined ? {} : { author }),
    ...(dockerVersion === undefined ? {} : { dockerVersion }),
    diffIds,
    history,
    config: runtimeConfig(image.part('config')),
  };
}

function diffIdsOf(image: JsonPart): string[] {
  const rootfs = image.part('rootfs');
  if (rootfs === undefined) throw refused('invalid image JSON, no RootFS key');
  const diffIds = rootfs.words('diff_ids') ?? [];
  const tooMany = whyTooManyLayers(diffIds.length);
  if (tooMany !== undefined) throw new TcomposeError('IMAGE_CONFIG', `the image cannot be used: ${tooMany}`);
  const wrong = diffIds.find((one) => !isDigest(one));
  if (wrong !== undefined) throw refused(`invalid image JSON, ${JSON.stringify(wrong)} is not a digest`);
  return diffIds;
}

/** The bytes of a configuration that is made here: the same for the same facts. */
export function encodeImageConfig(
  facts: ImageConfigFacts,
  more: Readonly<Record<string, string>> = {},
): Buffer {
  const { diffIds, history, config, created, author, architecture, variant, os } = facts;
  return Buffer.from(
    JSON.stringify({
      created,
      ...(author === undefined ? {} : { author }),
      architecture,
      ...(variant === undefined ? {} : { variant }),
      os,
      config,
      rootfs: { type: 'layers', diff_ids: diffIds },
      history,
      ...more,
    }),
  );
}
