import { isAbsolute } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { placeOfKey, placeOfSyntaxError } from './places.ts';

/** A runtime in engine.json. `path` is absolute, or a name to look up on PATH. */
export interface ConfiguredRuntime {
  readonly name: string;
  readonly path: string;
  readonly runtimeArgs: readonly string[];
}

/** Names of our own runtime. */
export const builtInNames: readonly string[] = ['tcompose'];

/**
 * Reads engine.json: `{"runtimes": {NAME: {"path": PATH, "runtimeArgs": [ARG, …]}}}`. Pure. Throws RUNTIME_CONFIG with
 * the place of the fault.
 */
export function parseEngineConfig(file: string, text: string): readonly ConfiguredRuntime[] {
  const fail = (path: readonly string[], message: string, hint?: string): TcomposeError =>
    new TcomposeError(
      'RUNTIME_CONFIG',
      `${placeOfKey(file, text, path)}: ${message}`,
      hint === undefined ? {} : { hint },
    );
  const root = parse(file, text);
  if (!isMapping(root)) throw fail([], 'the file must hold one JSON object');
  // `registries` and `images` are read elsewhere (engine/images).
  checkKeys(root, ['runtimes', 'registries', 'images'], [], fail);
  const { runtimes = {} } = root;
  if (!isMapping(runtimes)) throw fail(['runtimes'], 'runtimes must be an object: a name and what it is');
  return Object.entries(runtimes).map(([name, value]) => {
    const path = ['runtimes', name];
    const at = `runtimes.${name}`;
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
      throw fail(path, `${at}: a name has letters, digits, "_", "." and "-" only`);
    }
    if (builtInNames.includes(name)) throw fail(path, `${at}: this is the name of the built-in runtime`);
    if (!isMapping(value)) throw fail(path, `${at} must be an object with the runtime's path`);
    checkKeys(value, ['path', 'runtimeArgs'], path, fail);
    const { path: program, runtimeArgs = [] } = value;
    if (typeof program !== 'string' || program === '') {
      throw fail(path, `${at}.path is to be the path of the runtime's program`);
    }
    if (program.includes('/') && !isAbsolute(program)) {
      throw fail(
        [...path, 'path'],
        `${at}.path: ${program} is neither absolute nor a name to look for on PATH`,
      );
    }
    if (!Array.isArray(runtimeArgs) || !runtimeArgs.every((one): one is string => typeof one === 'string')) {
      throw fail([...path, 'runtimeArgs'], `${at}.runtimeArgs must be a list of strings`);
    }
    return { name, path: program, runtimeArgs };
  });
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new TcomposeError(
      'RUNTIME_CONFIG',
      `${placeOfSyntaxError(file, text)}: this is not JSON: ${message}`,
      { cause: error },
    );
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: readonly string[],
  fail: (path: readonly string[], message: string, hint?: string) => TcomposeError,
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    throw fail(
      [...path, key],
      `${[...path, key].join('.')} is not known here`,
      meant === undefined ? `Known: ${known.join(', ')}.` : `Is ${meant} meant?`,
    );
  }
}
