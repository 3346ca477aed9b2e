import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import { configShape } from '../../../runtime/spec/check/config-shape.ts';
import type { OciProcess, OciSpec } from '../../../runtime/spec/oci-types.ts';
import { withoutOwnNamespaces } from './own-namespaces.ts';

/** An OCI bundle: a directory with config.json and, at the place that it names, the root file system. */
interface Bundle {
  /** Absolute. */
  readonly directory: string;
  /** `root.path` is absolute; no namespace is the runtime's own. */
  readonly spec: OciSpec;
}

type Loose = Omit<OciSpec, 'process' | 'mounts' | 'linux'> & {
  readonly process: LooseProcess;
  readonly mounts?: OciSpec['mounts'];
  readonly linux: Partial<OciSpec['linux']>;
};

type LooseProcess = Pick<OciProcess, 'args' | 'cwd'> & Partial<OciProcess>;

/**
 * Reads config.json (runtime-spec 1.x) and checks its form. Throws RUNTIME_BUNDLE naming what is missing or of the
 * wrong type.
 */
export function readBundle(directory: string, cwd: string): Bundle {
  const absolute = resolve(cwd, directory);
  const path = join(absolute, 'config.json');
  const config = readJson(path, 'A bundle is a directory with config.json and a root file system.') as Loose;
  if (typeof config.ociVersion !== 'string' || !/^1\.\d+\.\d+/.test(config.ociVersion)) {
    throw bad(`${path} is of OCI version ${String(config.ociVersion)}, not 1.x`);
  }
  inFile(path, () => configShape(config, ''));
  const { root, linux } = config;
  const { cgroupsPath } = linux;
  const spec: OciSpec = {
    ...config,
    process: inFile(path, () => wholeProcess(config.process, 'process')),
    root: { ...root, path: resolve(absolute, root.path) },
    mounts: config.mounts ?? [],
    linux: {
      ...linux,
      namespaces: withoutOwnNamespaces(linux.namespaces ?? []),
      ...(cgroupsPath === undefined ? {} : { cgroupsPath: cgroupPath(cgroupsPath) }),
    },
  };
  return { directory: absolute, spec };
}

/** JSON of a file; null counts as absent, as for runtimes in Go. Throws RUNTIME_BUNDLE. */
export function readJson(path: string, hint?: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'), (_name, value: unknown) => value ?? undefined);
  } catch (cause) {
    throw bad(`${path} cannot be read: ${(cause as Error).message}`, hint);
  }
}

/** A process completed with the runtime-spec's defaults. `field` is its place in the file. Throws RUNTIME_BUNDLE. */
export function wholeProcess(process: LooseProcess, field: string): OciProcess {
  if (process.args.length === 0) throw bad(`${field}.args is empty: it names no command`);
  if (!process.cwd.startsWith('/')) throw bad(`${field}.cwd is ${process.cwd}, which is not absolute`);
  const { uid = 0, gid = 0, ...user } = process.user ?? {};
  return { ...process, user: { ...user, uid, gid }, env: process.env ?? [] };
}

function inFile<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof TcomposeError) throw bad(`${path}: ${error.message}`, error.hint);
    throw error;
  }
}

/** systemd's `slice:prefix:name` becomes a plain path. */
function cgroupPath(text: string): string {
  const parts = text.includes(':') ? text.split(':').filter((part) => part !== '') : text.split('/');
  if (parts.includes('..')) throw bad(`cgroupsPath ${text} leads upwards`);
  return `/${parts.filter((part) => part !== '' && part !== '.').join('/')}`;
}

function bad(message: string, hint?: string): TcomposeError {
  return new TcomposeError('RUNTIME_BUNDLE', message, hint === undefined ? {} : { hint });
}
