import type { Codec, Format } from '../codec/codec.ts';
import { writeExtensions, writeMap, writeTree } from '../codec/collections.ts';
import { sortedKeys } from '../codec/key-order.ts';
import { OutMap } from '../codec/out.ts';
import { fileObject, model, network, volume } from '../codec/resource-fields.ts';
import { service } from '../codec/service-fields.ts';
import type { Project } from '../model/project.ts';
import type { Tree, TreeMap } from '../tree.ts';
import { writeJson } from './write-json.ts';
import { writeYaml } from './write-yaml.ts';

interface RenderOptions {
  readonly format: Format;
}

/**
 * A project in the form that `docker compose config` prints: attributes in the order of Docker Compose's model, names
 * sorted, every `$` doubled so that the output reads back as the same project. YAML ends with a line feed, JSON does
 * not. Contents of secrets, and of configs that come from a variable, are never printed.
 */
export function renderConfig(project: Project, options: RenderOptions): string {
  const document = options.format === 'yaml' ? yamlDocument(project) : jsonDocument(project);
  const text = options.format === 'yaml' ? writeYaml(document) : writeJson(document);
  return text.replaceAll('$', '$$$$');
}

/** A canonical tree without interpolation, with sorted keys; `$` stays as written. */
export function renderTree(tree: TreeMap, options: RenderOptions): string {
  const document = writeTree(tree, options.format);
  return options.format === 'yaml' ? writeYaml(document) : writeJson(document);
}

const sections: readonly (readonly [
  name: 'networks' | 'volumes' | 'secrets' | 'configs' | 'models',
  codec: Codec,
])[] = [
  ['networks', network],
  ['volumes', volume],
  ['secrets', fileObject],
  ['configs', fileObject],
  ['models', model],
];

function yamlDocument(project: Project): OutMap {
  const document = new OutMap();
  if (project.name !== '') document.set('name', project.name);
  document.set('services', writeMap(project.services, service, 'yaml'));
  for (const [name, codec] of sections) {
    const entries = withoutContents(project, name);
    if (Object.keys(entries).length > 0) document.set(name, writeMap(entries, codec, 'yaml'));
  }
  writeExtensions(document, project.extensions as Readonly<Record<string, Tree>>, 'yaml');
  return document;
}

/** Docker Compose's JSON has sorted top-level keys and no `models`. */
function jsonDocument(project: Project): OutMap {
  const parts: Record<string, OutMap> = { services: writeMap(project.services, service, 'json') };
  for (const [name, codec] of sections) {
    const entries = withoutContents(project, name);
    if (name !== 'models' && Object.keys(entries).length > 0) parts[name] = writeMap(entries, codec, 'json');
  }
  const document = new OutMap();
  const all: Record<string, unknown> = { name: project.name, ...parts, ...project.extensions };
  for (const key of sortedKeys(all, 'json')) {
    const part = Object.hasOwn(parts, key) ? parts[key] : undefined;
    if (key === 'name') document.set(key, project.name);
    else if (part instanceof OutMap) document.set(key, part);
    else document.set(key, writeTree(project.extensions[key] as Tree, 'json'));
  }
  return document;
}

function withoutContents(
  project: Project,
  section: (typeof sections)[number][0],
): Readonly<Record<string, object>> {
  if (section === 'secrets') {
    return mapValues(project.secrets, ({ content: _content, ...secret }) => secret);
  }
  if (section === 'configs') {
    return mapValues(project.configs, ({ content, ...config }) =>
      content === undefined || config.environment !== undefined ? config : { ...config, content },
    );
  }
  return project[section];
}

const mapValues = <T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
