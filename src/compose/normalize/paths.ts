import { isAbsolute, join } from 'node:path';
import { isList, isMap, own, ownMap, type Tree, type TreeMap } from '../tree.ts';

interface PathContext {
  /** Directory for relative paths; absolute, or relative to the project directory. */
  readonly directory: string;
  readonly home: string | undefined;
}

/**
 * Makes the paths of a canonical tree relative to `directory` and expands `~`. URLs, named contexts and Windows paths
 * stay. Changes the tree in place. Source: compose-spec, the attributes that take a path.
 */
export function resolvePaths(tree: TreeMap, context: PathContext): TreeMap {
  const toPath = (value: string) => resolvePath(value, context);
  for (const service of mapsIn(tree, 'services')) {
    const build = own(service, 'build');
    if (isMap(build)) resolveBuild(build, toPath);
    const envFiles = own(service, 'env_file');
    if (isList(envFiles))
      for (const file of envFiles) if (isMap(file)) change(file, 'path', unlessBlank(toPath));
    changeItems(service, 'label_file', toPath);
    const volumes = own(service, 'volumes');
    if (isList(volumes)) {
      for (const volume of volumes)
        if (isMap(volume) && volume.type === 'bind') change(volume, 'source', toPath);
    }
    const watch = ownMap(service, 'develop')?.watch;
    if (isList(watch)) for (const rule of watch) if (isMap(rule)) change(rule, 'path', toPath);
  }
  for (const section of ['configs', 'secrets']) {
    for (const entry of mapsIn(tree, section)) change(entry, 'file', toPath);
  }
  for (const volume of mapsIn(tree, 'volumes')) resolveBoundVolume(volume, toPath);
  return tree;
}

/** One path: `~` is expanded, then it is joined to the directory unless absolute. A joined path has no slash at its end. */
export function resolvePath(value: string, context: PathContext): string {
  const expanded = expandHome(value, context.home);
  if (isAbsolute(expanded) || isWindowsPath(expanded)) return expanded;
  return joined(context.directory, expanded);
}

/** `~` and `~/…` with the home directory in place of `~`. */
export function expandHome(value: string, home: string | undefined): string {
  if (home === undefined || !(value === '~' || value.startsWith('~/'))) return value;
  return joined(home, value.slice(1));
}

/**
 * For attributes where a blank value, for example from an unset variable, is not a path: Docker Compose leaves it blank
 * there, and takes it for the directory itself everywhere else.
 */
const unlessBlank =
  (convert: (value: string) => string) =>
  (value: string): string =>
    value === '' ? value : convert(value);

function joined(directory: string, path: string): string {
  const whole = join(directory, path);
  return whole.length > 1 && whole.endsWith('/') ? whole.slice(0, -1) : whole;
}

/** `C:\…`, `C:/…` and `\\server\…`: absolute on Windows, meaningless here but preserved. */
const isWindowsPath = (value: string): boolean => /^(?:[a-zA-Z]:[\\/]|\\\\)/.test(value);

/** Whether a build context is not a directory: a URL, a git address, another service's image. */
export function isRemoteContext(value: string): boolean {
  return value.includes('://') || /^(?:github\.com\/|git@|service:)/.test(value);
}

function resolveBuild(build: TreeMap, toPath: (value: string) => string): void {
  const toContext = unlessBlank((value) => (isRemoteContext(value) ? value : toPath(value)));
  change(build, 'context', toContext);
  const contexts = own(build, 'additional_contexts');
  if (isMap(contexts)) for (const name of Object.keys(contexts)) change(contexts, name, toContext);
  changeItems(build, 'additional_contexts', (item) => afterEquals(item, toContext));
  changeItems(build, 'ssh', (item) => afterEquals(item, toPath));
  const ssh = own(build, 'ssh');
  if (isMap(ssh)) for (const id of Object.keys(ssh)) change(ssh, id, unlessBlank(toPath));
}

/** A volume of the local driver that binds a directory: `driver_opts: {o: bind, device: ./dir}`. */
function resolveBoundVolume(volume: TreeMap, toPath: (value: string) => string): void {
  const driver = own(volume, 'driver');
  const options = ownMap(volume, 'driver_opts');
  if (options === undefined || (driver !== undefined && driver !== null && driver !== 'local')) return;
  const words = typeof options.o === 'string' ? options.o.split(',') : [];
  if (words.includes('bind') || words.includes('rbind')) change(options, 'device', toPath);
}

function afterEquals(item: string, convert: (value: string) => string): string {
  const equals = item.indexOf('=');
  if (equals < 0 || equals === item.length - 1) return item;
  return `${item.slice(0, equals + 1)}${convert(item.slice(equals + 1))}`;
}

function change(map: TreeMap, key: string, convert: (value: string) => string): void {
  const value = own(map, key);
  if (typeof value === 'string') map[key] = convert(value);
}

function changeItems(map: TreeMap, key: string, convert: (value: string) => string): void {
  const value = own(map, key);
  if (isList(value)) map[key] = value.map((item: Tree) => (typeof item === 'string' ? convert(item) : item));
}

/** The mappings under a section, by name. */
export function mapsIn(tree: TreeMap, section: string): TreeMap[] {
  return Object.values(ownMap(tree, section) ?? {}).filter(isMap);
}
