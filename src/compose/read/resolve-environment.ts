import { mapsIn } from '../normalize/paths.ts';
import { isList, isMap, own, ownMap, type TreeMap } from '../tree.ts';

/**
 * Gives variables without a value (`environment: [KEY]`, `KEY:`) the project's. Those that the project's environment
 * lacks stay without. Changes the tree in place.
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
  return tree;
}

/**
 * Contents of secrets and configs that come from a variable, by `section.name`. Stored separately from the tree: an
 * included tree goes through the checks of the file that includes it, in which no user wrote a content, and the
 * variable is the included project's.
 */
export type Contents = Map<string, { readonly variable: string; readonly content: string }>;

/** The contents of a tree's secrets and configs; an included one is valid as long as the entry names its variable. */
export function contentsOf(
  tree: TreeMap,
  environment: Readonly<Record<string, string>>,
  included: Contents,
): Contents {
  const contents: Contents = new Map();
  for (const section of ['secrets', 'configs']) {
    for (const [name, entry] of Object.entries(ownMap(tree, section) ?? {})) {
      const variable = isMap(entry) ? own(entry, 'environment') : undefined;
      if (typeof variable !== 'string') continue;
      const known = included.get(`${section}.${name}`);
      const content = known?.variable === variable ? known.content : own(environment, variable);
      if (content !== undefined) contents.set(`${section}.${name}`, { variable, content });
    }
  }
  return contents;
}

/** Puts contents into the entries of a tree that is not checked for its form any more. */
export function putContents(tree: TreeMap, contents: Contents): void {
  for (const section of ['secrets', 'configs']) {
    for (const [name, entry] of Object.entries(ownMap(tree, section) ?? {})) {
      const found = contents.get(`${section}.${name}`);
      if (found !== undefined && isMap(entry)) entry.content = found.content;
    }
  }
}
