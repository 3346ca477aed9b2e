import { csvLine } from '../../../build/csv-fields.ts';
import type { Exporter } from '../messages/control.ts';
import { GrpcError } from '../wire/status.ts';
import type { Output } from './outputs.ts';

/** An entry of a client's lists of caches, in the form of `cache_from` and `cache_to`. */
const entryText = ({ type = '', attrs = new Map() }: Partial<Exporter>): string =>
  csvLine([`type=${type}`, ...[...attrs].map(([name, value]) => `${name}=${value}`)]);

/** The entries that clients send in addition to the attributes, in the form of the attribute `cache-imports`. */
export const importsText = (entries: readonly Partial<Exporter>[]): string =>
  JSON.stringify(entries.map(({ type, attrs }) => ({ Type: type, Attrs: Object.fromEntries(attrs ?? []) })));

/** The caches that an attribute of the frontend names. @throws GrpcError */
export function cacheImports(attributes: ReadonlyMap<string, string>): readonly string[] {
  const given = attributes.get('cache-imports') ?? '';
  // From before there were types.
  const plain = (attributes.get('cache-from') ?? '').split(',').filter((name) => name !== '');
  if (given === '') return plain;
  let entries: unknown;
  try {
    entries = JSON.parse(given);
  } catch {
    throw new GrpcError('invalid-argument', 'cache-imports is not JSON');
  }
  if (!Array.isArray(entries)) return plain;
  return [
    ...plain,
    ...entries.map((entry: { Type?: unknown; Attrs?: unknown } | null) => {
      const { Type: type, Attrs: attrs } = entry ?? {};
      const pairs = typeof attrs === 'object' && attrs !== null ? Object.entries(attrs) : [];
      return entryText({
        type: String(type),
        attrs: new Map(pairs.map(([name, value]) => [name, String(value)])),
      });
    }),
  ];
}

/** Where a client wants the cache written. Inside an image is possible only when the build makes one. */
export const cacheExports = (entries: readonly Partial<Exporter>[], output: Output): readonly string[] =>
  entries.filter(({ type }) => type !== 'inline' || output.kind === 'image').map(entryText);
