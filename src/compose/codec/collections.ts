import { isList, isMap, setOwn, type Tree } from '../tree.ts';
import { formatGoFloat } from '../values/go-float.ts';
import { type Codec, type Cursor, type Format, type ReadContext, reject } from './codec.ts';
import { sortedKeys } from './key-order.ts';
import { type Out, OutMap, RawNumber } from './out.ts';
import { textOf } from './scalars.ts';

/** A list of strings; a single string is a list of one. Omitted when empty. */
export const texts: Codec = {
  read: (node) => {
    if (isList(node)) return node.map((item) => textOf(item) ?? '');
    return node === null ? undefined : [textOf(node) ?? ''];
  },
  write: (value) => {
    const list = value as readonly string[];
    return list.length === 0 ? undefined : list;
  },
};

/** A mapping, or a list of KEY=VALUE; `missing` is the value of a key without one. */
function readPairs(node: Tree, missing: string | null): Record<string, string | null> | undefined {
  const pairs: Record<string, string | null> = {};
  if (isList(node)) {
    for (const item of node) {
      const pair = textOf(item) ?? '';
      const equals = pair.indexOf('=');
      if (equals === -1) setOwn(pairs, pair, missing);
      else setOwn(pairs, pair.slice(0, equals), pair.slice(equals + 1));
    }
  } else if (isMap(node)) {
    for (const [key, value] of Object.entries(node)) setOwn(pairs, key, textOf(value) ?? missing);
  } else return undefined;
  return pairs;
}

function writePairs(value: unknown, format: Format): Out | undefined {
  const pairs = value as Readonly<Record<string, string | null>>;
  const map = new OutMap();
  for (const key of sortedKeys(pairs, format)) map.set(key, pairs[key] ?? null);
  return map.entries.length === 0 ? undefined : map;
}

/** Strings by key; a key without a value has the empty string. */
export const pairs: Codec = { read: (node) => readPairs(node, ''), write: writePairs };

/** Strings by key; a key without a value has null. */
export const pairsOrNull: Codec = { read: (node) => readPairs(node, null), write: writePairs };

/** `KEY=VALUE` or `KEY`, as a list (build.ssh). */
export const pairList: Codec = {
  read: (node) => {
    const map = readPairs(node, null);
    return (
      map &&
      Object.entries(map).map(([key, value]) => (value === null || value === '' ? key : `${key}=${value}`))
    );
  },
  write: (value, format) => texts.write([...(value as readonly string[])].sort(), format),
};

/** Lists of strings by key; a single value is a list of one (provider.options). */
export const listsByKey: Codec = {
  read: (node) => {
    if (!isMap(node)) return undefined;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        (isList(value) ? value : [value]).map((item) => textOf(item) ?? ''),
      ]),
    );
  },
  write: (value, format) => {
    const lists = value as Readonly<Record<string, readonly string[]>>;
    const map = new OutMap();
    for (const key of sortedKeys(lists, format)) map.set(key, lists[key] ?? []);
    return map.entries.length === 0 ? undefined : map;
  },
};

/** A list of `item`s; omitted when empty. */
export const listOf = (item: Codec): Codec => ({
  read: (node, at, context) => {
    if (!isList(node)) return undefined;
    return node.map((entry, index) => item.read(entry, { key: index, parent: at }, context));
  },
  write: (value, format) => {
    const list = (value as readonly unknown[]).map((entry) => item.write(entry, format) ?? new OutMap());
    return list.length === 0 ? undefined : list;
  },
});

/** `value`s by name; a null stays null. Omitted when empty. */
export const mapOf = (value: Codec): Codec => ({
  read: (node, at, context) => {
    if (!isMap(node)) return undefined;
    const map: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(node)) {
      setOwn(map, key, entry === null ? null : (value.read(entry, { key, parent: at }, context) ?? null));
    }
    return map;
  },
  write: (entries, format) => {
    const map = writeMap(entries as Readonly<Record<string, unknown>>, value, format);
    return map.entries.length === 0 ? undefined : map;
  },
});

/** A mapping in the order of its keys. */
export function writeMap(entries: Readonly<Record<string, unknown>>, value: Codec, format: Format): OutMap {
  const map = new OutMap();
  for (const key of sortedKeys(entries, format)) {
    const entry = entries[key];
    map.set(key, entry === null ? null : (value.write(entry, format) ?? new OutMap()));
  }
  return map;
}

export type Fields = readonly (readonly [name: string, codec: Codec])[];

/**
 * A mapping with named attributes, written in their order, followed by `x-*` keys (only in YAML: Go's JSON has none).
 * An empty one is written as `{}`.
 */
export const struct = (fields: Fields): Codec => {
  const known = new Map(fields);
  return {
    read: (node, at, context) => readStruct(known, node, at, context),
    write: (value, format) => writeStruct(fields, value as Readonly<Record<string, unknown>>, format),
  };
};

function readStruct(
  fields: ReadonlyMap<string, Codec>,
  node: Tree,
  at: Cursor,
  context: ReadContext,
): unknown {
  if (!isMap(node)) return node === null ? undefined : reject(context, at, 'a mapping is needed here');
  const value: Record<string, unknown> = {};
  let extensions: Record<string, Tree> | undefined;
  for (const [key, entry] of Object.entries(node)) {
    const codec = fields.get(key);
    if (codec !== undefined) {
      const read = codec.read(entry, { key, parent: at }, context);
      if (read !== undefined) value[key] = read;
    } else if (key.startsWith('x-')) {
      extensions ??= {};
      extensions[key] = entry;
    }
  }
  if (extensions !== undefined) value.extensions = extensions;
  return value;
}

function writeStruct(fields: Fields, value: Readonly<Record<string, unknown>>, format: Format): OutMap {
  const map = new OutMap();
  for (const [name, codec] of fields) {
    if (value[name] === undefined) {
      const always = format === 'json' ? inJsonAlways.get(codec) : undefined;
      if (always !== undefined) map.set(name, always());
      continue;
    }
    const out = codec.write(value[name], format);
    if (out !== undefined) map.set(name, out);
  }
  if (format === 'yaml')
    writeExtensions(map, value.extensions as Readonly<Record<string, Tree>> | undefined, format);
  return map;
}

/** Codecs whose attribute is in Go's JSON even when absent. */
const inJsonAlways = new Map<Codec, () => Out>();

/** The same codec, whose attribute is in JSON even when absent. */
export function alwaysInJson(codec: Codec, absent: () => Out): Codec {
  const copy = { ...codec };
  inJsonAlways.set(copy, absent);
  return copy;
}

/** A mapping that is omitted from YAML when empty, and is `{}` in JSON. */
export const structByValue = (fields: Fields): Codec => {
  const codec = struct(fields);
  const write: Codec['write'] = (value, format) => {
    const out = codec.write(value, format) as OutMap;
    return format === 'yaml' && out.entries.length === 0 ? undefined : out;
  };
  return alwaysInJson({ read: codec.read, write }, () => new OutMap());
};

/** Adds the `x-*` keys, which come last. */
export function writeExtensions(
  map: OutMap,
  extensions: Readonly<Record<string, Tree>> | undefined,
  format: Format,
): void {
  if (extensions === undefined) return;
  for (const key of sortedKeys(extensions, format)) map.set(key, writeTree(extensions[key] ?? null, format));
}

const yamlWord = (number: number): string => (Number.isNaN(number) ? '.nan' : number < 0 ? '-.inf' : '.inf');

/** Any data unchanged, with sorted keys. */
export function writeTree(node: Tree, format: Format): Out {
  if (isList(node)) return node.map((item) => writeTree(item, format));
  if (isMap(node)) {
    const map = new OutMap();
    for (const key of sortedKeys(node, format)) map.set(key, writeTree(node[key] ?? null, format));
    return map;
  }
  if (typeof node === 'number' && !Number.isInteger(node)) {
    if (!Number.isFinite(node) && format === 'yaml') return new RawNumber(yamlWord(node));
    return new RawNumber(formatGoFloat(node, format === 'yaml' ? 1e6 : 1e21));
  }
  return node;
}
