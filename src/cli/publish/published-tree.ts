import { createHash } from 'node:crypto';
import { isList, isMap, own, ownMap, type Tree, type TreeMap } from '../../compose/tree.ts';

/** What is published for a project. */
export interface Published {
  readonly tree: TreeMap;
  /** Environment and label files: path in the project → name in the artifact. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * A project in the form in which others get it: one file, variables not replaced, no `build` where there is an image to
 * pull, and environment files under names derived from their paths. The given tree is not changed. Pure.
 */
export function publishedTree(tree: TreeMap): Published {
  const files = new Map<string, string>();
  const nameOf = (path: string): string => {
    const name = files.get(path) ?? `${createHash('sha256').update(path).digest('hex')}.env`;
    files.set(path, name);
    return name;
  };
  const renamed = (list: Tree | undefined): Tree | undefined =>
    isList(list)
      ? list.map((one) => {
          if (typeof one === 'string') return nameOf(one);
          const path = isMap(one) ? own(one, 'path') : undefined;
          return isMap(one) && typeof path === 'string' ? { ...one, path: nameOf(path) } : one;
        })
      : list;
  const services: TreeMap = {};
  for (const [name, service] of Object.entries(ownMap(tree, 'services') ?? {})) {
    if (!isMap(service)) continue;
    const { build, ...rest } = service;
    const kept: TreeMap = rest.image === undefined && build !== undefined ? { ...rest, build } : rest;
    for (const key of ['env_file', 'label_file']) {
      const list = renamed(own(kept, key));
      if (list !== undefined) kept[key] = list;
    }
    services[name] = kept;
  }
  return { tree: { ...tree, services }, files };
}

/** What others would see, or would lack, perhaps against the user's intention. */
export interface Findings {
  /** Services that others can't build. */
  readonly buildOnly: readonly string[];
  /** `service: source`. */
  readonly binds: readonly string[];
  /** `service: file`. */
  readonly envFiles: readonly string[];
  /** `service: NAME` of variables with a value. */
  readonly environment: readonly string[];
  /** Those among them whose name suggests a secret. */
  readonly secrets: readonly string[];
  /** Configs with inline content, and configs and secrets from files that stay here. */
  readonly contents: readonly string[];
}

const secretName = /pass(?:word|wd|phrase)?|secret|token|api_?key|private_?key|credential/i;

/** Examines a canonical tree without interpolation. Pure. */
export function findingsOf(tree: TreeMap): Findings {
  const found: { [K in keyof Findings]: string[] } = {
    buildOnly: [],
    binds: [],
    envFiles: [],
    environment: [],
    secrets: [],
    contents: [],
  };
  for (const [name, service] of Object.entries(ownMap(tree, 'services') ?? {})) {
    if (!isMap(service)) continue;
    if (service.build !== undefined && service.image === undefined) found.buildOnly.push(name);
    for (const mount of listOf(service.volumes))
      if (isMap(mount) && mount.type === 'bind') found.binds.push(`${name}: ${String(mount.source)}`);
    for (const entry of [...listOf(service.env_file), ...listOf(service.label_file)])
      found.envFiles.push(`${name}: ${String(isMap(entry) ? entry.path : entry)}`);
    for (const [key, value] of Object.entries(ownMap(service, 'environment') ?? {})) {
      // A variable without a value, or one that the reader sets, reveals nothing.
      if (value === null || value === '' || /^\$\{?\w+\}?$/.test(String(value))) continue;
      found.environment.push(`${name}: ${key}`);
      if (secretName.test(key)) found.secrets.push(`${name}: ${key}`);
    }
  }
  for (const section of ['configs', 'secrets'])
    for (const [name, object] of Object.entries(ownMap(tree, section) ?? {})) {
      if (!isMap(object)) continue;
      if (object.content !== undefined) found.contents.push(`${section} ${name}: its content`);
      else if (object.file !== undefined)
        found.contents.push(`${section} ${name}: refers to ${String(object.file)}, which is not published`);
    }
  return found;
}

const listOf = (value: Tree | undefined): readonly Tree[] => (isList(value) ? value : []);
