import { isList, isMap, type Tree, type TreeMap } from '../tree.ts';
import { scalarText } from '../yaml/index.ts';

/** A mapping as the equivalent list: keys sorted, `key=value`, and just the key for a null value. */
export function toSequence(value: Tree): Tree[] {
  if (isList(value)) return value;
  if (isMap(value)) {
    return Object.keys(value)
      .sort()
      .map((key) => {
        const entry = value[key] as Tree;
        if (entry === null) return key;
        return `${key}=${typeof entry === 'object' ? JSON.stringify(entry) : scalarText(entry)}`;
      });
  }
  return value === null ? [] : [value];
}

/** `extra_hosts` as a list: a host with several addresses becomes several items. */
export function toHostList(value: Tree): Tree[] {
  if (!isMap(value)) return toSequence(value);
  return Object.keys(value)
    .sort()
    .flatMap((host) => {
      const addresses = value[host] as Tree;
      return toSequence(isList(addresses) ? addresses : [addresses]).map((address) =>
        typeof address === 'object' ? host : `${host}=${scalarText(address)}`,
      );
    });
}

/** A list of names as the equivalent mapping, every name with its own copy of `entry`. */
export function toMapping(value: Tree, entry: TreeMap | null): Tree {
  if (!isList(value)) return value;
  const map: TreeMap = {};
  for (const name of value) {
    if (typeof name === 'string') map[name] = entry === null ? null : { ...entry };
  }
  return map;
}
