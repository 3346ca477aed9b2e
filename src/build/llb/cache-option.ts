import { TcomposeError } from '../../errors.ts';
import { csvFields } from '../csv-fields.ts';

/** Where a cache is read from or written to, by `cache_from` and `cache_to`. */
export type CachePlace =
  | { readonly kind: 'registry'; readonly reference: string }
  | {
      readonly kind: 'local';
      readonly path: string;
      readonly tag: string;
      readonly digest: string | undefined;
    }
  /** In the configuration of the built image. */
  | { readonly kind: 'inline' };

/** How a cache is written. */
export interface CacheOutput {
  readonly place: CachePlace;
  /** `max`: with the layers of all steps, not only those of the result. */
  readonly mode: 'min' | 'max';
  /** The build continues if the cache can't be written. */
  readonly ignoreError: boolean;
  /** As a manifest, like an image's; else as an index of layers, as BuildKit wrote it before 0.12. */
  readonly asImage: boolean;
  /** OCI's media types; else Docker's. */
  readonly oci: boolean;
}

/** A valid entry that has no effect: a sentence about it. */
export interface NoCache {
  readonly kind: 'none';
  readonly why: string;
}

/** Stores of other services, which require an account. */
const services = ['gha', 's3', 'azblob'];

type Fields = ReadonlyMap<string, string>;

/** Reads an entry of `cache_from`. @throws TcomposeError BUILD_CONTEXT */
export function readCacheFrom(text: string): CachePlace | NoCache {
  const fields = fieldsOf(text);
  const type = fields.get('type') ?? 'registry';
  if (services.includes(type)) return missing('cache_from', type);
  if (type === 'inline')
    throw wrong(
      'cache_from',
      'type=inline is a way to keep a cache: name the image with type=registry,ref=…',
    );
  return placeOf('cache_from', type, fields, 'src');
}

/** Reads an entry of `cache_to`. @throws TcomposeError BUILD_CONTEXT */
export function readCacheTo(text: string): CacheOutput | NoCache {
  const fields = fieldsOf(text);
  const type = fields.get('type') ?? 'registry';
  if (services.includes(type)) return missing('cache_to', type);
  const mode = fields.get('mode') ?? 'min';
  if (mode !== 'min' && mode !== 'max') throw wrong('cache_to', `mode=${mode} is neither min nor max`);
  const inline = type === 'inline';
  return {
    place: inline ? { kind: 'inline' } : placeOf('cache_to', type, fields, 'dest'),
    mode: inline ? 'min' : mode,
    ignoreError: isOn(fields.get('ignore-error'), false),
    asImage: isOn(fields.get('image-manifest'), true) && isOn(fields.get('oci-mediatypes'), true),
    oci: isOn(fields.get('oci-mediatypes'), true),
  };
}

/** `name=value` separated by commas; text without `=` is an image's name. */
function fieldsOf(text: string): Fields {
  if (!text.includes('=')) return new Map([['ref', text.trim()]]);
  return new Map(
    csvFields(text).map((field) => {
      const at = field.indexOf('=');
      const name = (at < 0 ? field : field.slice(0, at)).trim().toLowerCase();
      return [name, at < 0 ? '' : field.slice(at + 1).trim()];
    }),
  );
}

function placeOf(option: string, type: string, fields: Fields, place: 'src' | 'dest'): CachePlace {
  const need = (name: string): string => {
    const value = fields.get(name) ?? '';
    if (value === '') throw wrong(option, `type=${type} needs ${name}`);
    return value;
  };
  if (type === 'registry') return { kind: 'registry', reference: need('ref') };
  if (type === 'local')
    return {
      kind: 'local',
      path: need(place),
      tag: fields.get('tag') || 'latest',
      digest: fields.get('digest') || undefined,
    };
  throw wrong(option, `there is no type ${type}: there are registry, local and inline`);
}

const isOn = (value: string | undefined, usual: boolean): boolean =>
  value === undefined || value === '' ? usual : /^(?:1|t|true)$/i.test(value);

const missing = (option: string, type: string): NoCache => ({
  kind: 'none',
  why: `${option}: type=${type} is not supported; registry, local and inline are`,
});

const wrong = (option: string, why: string): TcomposeError =>
  new TcomposeError('BUILD_CONTEXT', `${option}: ${why}`, {
    hint: 'For example type=registry,ref=registry.example/app:cache or type=local,dest=/cache.',
  });
