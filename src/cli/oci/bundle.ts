import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { OciSpec } from '../../runtime/spec/oci-types.ts';

/** An OCI bundle: a directory with config.json and, where that says, the root file system. */
interface Bundle {
  /** Absolute. */
  readonly directory: string;
  /** `root.path` absolute. */
  readonly spec: OciSpec;
  /** Parts of the spec that are not carried out, one sentence each. */
  readonly warnings: readonly string[];
}

type Loose = Partial<Omit<OciSpec, 'process' | 'linux'>> & {
  readonly process?: Partial<OciSpec['process']> & {
    readonly apparmorProfile?: string;
    readonly selinuxLabel?: string;
  };
  readonly linux?: Partial<OciSpec['linux']>;
  readonly hooks?: Readonly<Record<string, unknown>>;
};

/** Reads and checks config.json (runtime-spec 1.2). Throws RUNTIME_BUNDLE with what is missing. */
export function readBundle(directory: string, cwd: string): Bundle {
  const absolute = resolve(cwd, directory);
  const path = join(absolute, 'config.json');
  let config: Loose;
  try {
    config = JSON.parse(readFileSync(path, 'utf8')) as Loose;
  } catch (cause) {
    throw bad(
      `${path} cannot be read: ${(cause as Error).message}`,
      'A bundle is a directory with config.json and a root file system.',
    );
  }
  if (typeof config.ociVersion !== 'string' || !config.ociVersion.startsWith('1.')) {
    throw bad(`${path} is of OCI version ${String(config.ociVersion)}, not 1.x`);
  }
  const { process, root, linux } = config;
  if (typeof root?.path !== 'string') throw bad(`${path} names no root.path`);
  if (process === undefined || !Array.isArray(process.args) || process.args.length === 0) {
    throw bad(`${path} names no process.args`);
  }
  if (typeof process.cwd !== 'string' || !process.cwd.startsWith('/'))
    throw bad(`${path}: process.cwd is not absolute`);
  if (linux === undefined) throw bad(`${path} has no linux part`);
  const { cgroupsPath } = linux;
  const spec: OciSpec = {
    ...config,
    ociVersion: config.ociVersion,
    process: {
      ...process,
      user: process.user ?? { uid: 0, gid: 0 },
      args: process.args,
      env: process.env ?? [],
      cwd: process.cwd,
    },
    root: { ...root, path: resolve(absolute, root.path) },
    mounts: config.mounts ?? [],
    linux: {
      ...linux,
      namespaces: linux.namespaces ?? [],
      ...(cgroupsPath === undefined ? {} : { cgroupsPath: cgroupPath(cgroupsPath) }),
    },
  };
  return { directory: absolute, spec, warnings: unsupported(config) };
}

/** systemd's `slice:prefix:name` becomes a plain path. */
function cgroupPath(text: string): string {
  const parts = text.includes(':') ? text.split(':').filter((part) => part !== '') : text.split('/');
  if (parts.includes('..')) throw bad(`cgroupsPath ${text} leads upwards`);
  return `/${parts.filter((part) => part !== '' && part !== '.').join('/')}`;
}

function unsupported(config: Loose): string[] {
  const warnings: string[] = [];
  const hooks = Object.entries(config.hooks ?? {}).filter(
    ([, list]) => Array.isArray(list) && list.length > 0,
  );
  if (hooks.length > 0) warnings.push(`hooks are not run: ${hooks.map(([name]) => name).join(', ')}`);
  if (config.process?.apparmorProfile) warnings.push('process.apparmorProfile is ignored');
  if (config.process?.selinuxLabel) warnings.push('process.selinuxLabel is ignored');
  return warnings;
}

function bad(message: string, hint?: string): TcomposeError {
  return new TcomposeError('RUNTIME_BUNDLE', message, hint === undefined ? {} : { hint });
}
