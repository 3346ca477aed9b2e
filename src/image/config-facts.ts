import { release } from 'node:os';
import { TcomposeError } from '../errors.ts';
import type { ImageConfigFacts } from './ingest-types.ts';
import type { ImageHistoryRecord, ImageRuntimeConfig } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** A field by its name in any case; the last one if there are several, as Go reads JSON. */
function field(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  const wanted = name.toLowerCase();
  return Object.entries(fields).findLast(([key]) => key.toLowerCase() === wanted)?.[1];
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const words = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined;
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
/** The keys of a map such as ports and volumes, whose values mean nothing. A list of names is accepted, too. */
const names = (value: unknown): Record<string, object> | undefined => {
  const list = words(value) ?? Object.keys(fieldsOf(value) ?? {});
  return list.length === 0 ? undefined : Object.fromEntries(list.map((name) => [name, {}]));
};
const labels = (value: unknown): Record<string, string> | undefined => {
  const found = fieldsOf(value);
  if (found === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(found).filter((one): one is [string, string] => typeof one[1] === 'string'),
  );
};

const unset = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/** Reads how a container of the image is run; a value of the wrong type counts as absent. Pure. */
function runtimeConfig(value: unknown): ImageRuntimeConfig {
  const fields = fieldsOf(value);
  if (fields === undefined) return {};
  const at = (name: string) => field(fields, name);
  const health = fieldsOf(at('Healthcheck'));
  const ofHealth = (name: string) => field(health!, name);
  return unset({
    User: text(at('User')),
    ExposedPorts: names(at('ExposedPorts')),
    Env: words(at('Env')),
    Entrypoint: words(at('Entrypoint')),
    Cmd: words(at('Cmd')),
    ArgsEscaped: at('ArgsEscaped') === true ? true : undefined,
    Volumes: names(at('Volumes')),
    WorkingDir: text(at('WorkingDir')),
    Labels: labels(at('Labels')),
    StopSignal: text(at('StopSignal')),
    StopTimeout: number(at('StopTimeout')),
    OnBuild: words(at('OnBuild')),
    Shell: words(at('Shell')),
    Healthcheck:
      health === undefined
        ? undefined
        : unset({
            Test: words(ofHealth('Test')),
            Interval: number(ofHealth('Interval')),
            Timeout: number(ofHealth('Timeout')),
            StartPeriod: number(ofHealth('StartPeriod')),
            StartInterval: number(ofHealth('StartInterval')),
            Retries: number(ofHealth('Retries')),
          }),
  }) as ImageRuntimeConfig;
}

function historyOf(value: unknown): ImageHistoryRecord[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => {
    const fields = fieldsOf(one);
    if (fields === undefined) return [];
    return [
      unset({
        created: text(field(fields, 'created')),
        created_by: text(field(fields, 'created_by')),
        author: text(field(fields, 'author')),
        comment: text(field(fields, 'comment')),
        empty_layer: field(fields, 'empty_layer') === true ? true : undefined,
      }) as ImageHistoryRecord,
    ];
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

/** Reads an image configuration. Its keys may be in any case, as Go takes them; a missing platform means this machine's. */
export function parseImageConfig(bytes: Uint8Array, architecture: string): ImageConfigFacts {
  const fail = (why: string): never => {
    throw new TcomposeError('IMAGE_CONFIG', why, {
      hint: 'The image is damaged, or it is not an image: charts and other artifacts look alike.',
    });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    fail(`invalid image JSON: ${(error as Error).message}`);
  }
  const fields = fieldsOf(parsed) ?? fail('invalid image JSON, no object');
  const rootfs = fieldsOf(field(fields, 'rootfs')) ?? fail('invalid image JSON, no RootFS key');
  const diffIds = words(field(rootfs, 'diff_ids')) ?? [];
  const tooMany = whyTooManyLayers(diffIds.length);
  if (tooMany !== undefined) throw new TcomposeError('IMAGE_CONFIG', `the image cannot be used: ${tooMany}`);
  const wrong = diffIds.find((one) => !isDigest(one));
  if (wrong !== undefined) fail(`invalid image JSON, ${JSON.stringify(wrong)} is not a digest`);
  const os = text(field(fields, 'os')) ?? 'linux';
  if (os !== 'linux') fail(`cannot load ${os} image on linux`);
  const history = historyOf(field(fields, 'history'));
  if (history.filter((one) => one.empty_layer !== true).length > diffIds.length)
    fail('too many non-empty layers in History section');
  const created = text(field(fields, 'created'));
  const variant = text(field(fields, 'variant'));
  const author = text(field(fields, 'author'));
  const dockerVersion = text(field(fields, 'docker_version'));
  return {
    os,
    architecture: text(field(fields, 'architecture')) ?? architecture,
    ...(variant === undefined ? {} : { variant }),
    created: created !== undefined && !Number.isNaN(Date.parse(created)) ? created : noTime,
    ...(author === undefined ? {} : { author }),
    ...(dockerVersion === undefined ? {} : { dockerVersion }),
    diffIds,
    history,
    config: runtimeConfig(field(fields, 'config')),
  };
}

/** The bytes of a configuration that is made here: the same facts give the same bytes. */
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
