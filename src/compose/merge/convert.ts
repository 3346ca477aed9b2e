import { isList, isMap, type Tree, type TreeMap } from '../tree.ts';
import { scalarText } from '../yaml/index.ts';

/** A mapping as the list it may also be written as: keys sorted, `key=value`, a null value as the bare key. */
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

/** `extra_hosts` as a list: several addresses of a host make several items. */
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

/** A list of names as the mapping it may also be written as, every name with its own copy of `entry`. */
export function toMapping(value: Tree, entry: TreeMap | null): Tree {
  if (!isList(value)) return value;
  const map: TreeMap = {};
  for (const name of value) {
    if (typeof name === 'string') map[name] = entry === null ? null : { ...entry };
  }
  return map;
}
