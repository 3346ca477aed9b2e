import { mapsIn } from '../normalize/paths.ts';
import { isList, isMap, own, type TreeMap } from '../tree.ts';

/**
 * Gives variables without a value (`environment: [KEY]`, `KEY:`) the project's, and secrets and configs that name a
 * variable their content. What the project's environment lacks stays without. Changes the tree in place.
 */
export function resolveEnvironment(tree: TreeMap, environment: Readonly<Record<string, string>>): TreeMap {
  for (const service of mapsIn(tree, 'services')) {
    const entries = own(service, 'environment');
    if (isMap(entries)) {
      for (const key of Object.keys(entries)) {
        if (entries[key] === null) entries[key] = own(environment, key) ?? null;
      }
    } else if (isList(entries)) {
      service.environment = entries.map((item) => {
        if (typeof item !== 'string' || item.includes('=')) return item;
        const value = own(environment, item);
        return value === undefined ? item : `${item}=${value}`;
      });
    }
  }
  for (const section of ['secrets', 'configs']) {
    for (const entry of mapsIn(tree, section)) {
      const name = own(entry, 'environment');
      const value = typeof name === 'string' ? own(environment, name) : undefined;
      if (value !== undefined) entry.content = value;
    }
  }
  return tree;
}
