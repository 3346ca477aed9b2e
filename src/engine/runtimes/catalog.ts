import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { ForeignRuntime } from '../../runtime/foreign/launcher.ts';
import { readOwnersFile } from '../client/owners-file.ts';
import { builtInNames, parseEngineConfig } from './parse-config.ts';

/** `runtime` absent: the built-in one. */
interface RuntimeChoice {
  readonly runtime?: ForeignRuntime;
  /** Why it is not the requested one. */
  readonly warning?: string;
}

/** The runtimes that this engine's containers may use. */
export interface RuntimeCatalog {
  /**
   * The runtime for a container that requests `name`. Throws RUNTIME_UNKNOWN, which lists the available ones, or
   * RUNTIME_CONFIG.
   */
  resolve(name: string): RuntimeChoice;
  /** All runtimes except the built-in one, configured ones first. Throws RUNTIME_CONFIG. */
  list(): readonly ForeignRuntime[];
}

/** Programs that count as runtimes when found on PATH, by the names that Docker's users know. */
const wellKnown: Readonly<Record<string, string>> = {
  crun: 'crun',
  runc: 'runc',
  youki: 'youki',
  runsc: 'runsc',
  kata: 'kata-runtime',
};

/** Searched after PATH: system directories are searched whatever environment the engine was started with. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Docker's clients also use this name for runc. */
const aliases: Readonly<Record<string, string>> = { 'io.containerd.runc.v2': 'runc' };

const withoutRunc = 'runc is not on this machine: the built-in runtime runs the container';

/**
 * The runtimes that engine.json at `config` names, and those that are found on `path`. Read each time, so that a change
 * applies from the next request.
 */
export function createRuntimeCatalog(config: string, path: string | undefined): RuntimeCatalog {
  const directories = `${path ?? ''}:${systemPath}`.split(':').filter(isAbsolute);
  const find = (program: string): string | undefined =>
    isAbsolute(program) ? program : directories.map((directory) => join(directory, program)).find(isProgram);
  const list = (): ForeignRuntime[] => {
    const configured = readConfig(config).map(({ name, path: program, runtimeArgs }) => ({
      name,
      // A missing program is reported when it is requested.
      program: find(program) ?? program,
      args: runtimeArgs,
    }));
    const names = new Set(configured.map(({ name }) => name));
    const found = Object.entries(wellKnown).flatMap(([name, program]) => {
      const place = names.has(name) ? undefined : find(program);
      return place === undefined ? [] : [{ name, program: place, args: [] }];
    });
    return [...configured, ...found];
  };
  return {
    list,
    resolve(asked) {
      if (asked === '' || builtInNames.includes(asked)) return {};
      const name = aliases[asked] ?? asked;
      const all = list();
      const runtime = all.find((one) => one.name === name);
      // Docker's own name for "the default": compose files use it without meaning the program.
      if (runtime === undefined && name === 'runc') return { warning: withoutRunc };
      if (runtime === undefined) throw unknown(asked, all, config);
      if (!isProgram(runtime.program)) {
        throw new TcomposeError(
          'RUNTIME_UNKNOWN',
          `the program of the runtime ${asked}, ${runtime.program}, does not exist or is not executable`,
          { hint: `Install it, or correct its path in ${config}.` },
        );
      }
      return { runtime };
    },
  };
}

/** For an engine without root: only the built-in runtime. Docker's own name for the default means it, too. */
export const builtInCatalog: RuntimeCatalog = {
  list: () => [],
  resolve(asked) {
    if (asked === '' || asked === 'runc' || asked in aliases || builtInNames.includes(asked)) return {};
    throw new TcomposeError(
      'RUNTIME_UNKNOWN',
      `runtime "${asked}" needs root; without root, use ${builtInNames.join(', ')}`,
      {
        hint: 'Leave `runtime` out, or run tcompose with sudo.',
      },
    );
  },
};

function unknown(asked: string, all: readonly ForeignRuntime[], config: string): TcomposeError {
  const names = [...builtInNames, ...all.map(({ name }) => name)];
  const near = nearest(asked, names);
  return new TcomposeError(
    'RUNTIME_UNKNOWN',
    `unknown or invalid runtime name: ${asked}; this machine has ${names.join(', ')}`,
    {
      hint:
        near === undefined
          ? `Install it so that it is on PATH, or name its program in ${config}.`
          : `Is ${near} meant?`,
    },
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Programs in this file are run as root, so nobody else may be able to change it. */
function readConfig(file: string): ReturnType<typeof parseEngineConfig> {
  const text = readOwnersFile(file, 'RUNTIME_CONFIG', 'The programs it names run as root');
  return text === undefined ? [] : parseEngineConfig(file, text);
}
