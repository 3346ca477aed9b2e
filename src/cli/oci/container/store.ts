import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { enginePaths } from '../../../engine/client/engine-paths.ts';
import { TcomposeError } from '../../../errors.ts';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';

/** What is stored about a container, besides what its processes show. */
export interface OciContainer {
  readonly id: string;
  /** Absolute. */
  readonly bundle: string;
  /** RFC 3339. */
  readonly created: string;
  /** The spec at `create`: later changes of config.json have no effect (runtime.md, Lifecycle). */
  readonly spec: OciSpec;
}

const stateFile = 'oci.json';
const planFile = 'plan';

/** Directory of all containers' state. */
export function rootDirectory(args: ParsedArgs, ctx: CliContext): string {
  return resolve(ctx.cwd, flag.str(args, 'root') ?? join(enginePaths(ctx.env).run, 'oci'));
}

/** The run directory of a container: shim.sock, pid, exit and our files. Throws RUNTIME_BUNDLE for an impossible id. */
export function containerDirectory(args: ParsedArgs, ctx: CliContext, id: string): string {
  if (!/^[A-Za-z0-9_+.-]{1,128}$/.test(id) || id === '.' || id === '..') {
    throw new TcomposeError('RUNTIME_BUNDLE', `"${id}" is not a container id`, {
      hint: 'Use letters, digits, "_", "+", "-" and ".".',
    });
  }
  return join(rootDirectory(args, ctx), id);
}

/** Makes the directory; throws RUNTIME_BUNDLE when the id is taken. `plan` is the encoded launch plan, for its teardown. */
export function addContainer(directory: string, container: OciContainer, plan: Uint8Array): void {
  try {
    mkdirSync(join(directory, '..'), { recursive: true, mode: 0o700 });
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new TcomposeError('RUNTIME_BUNDLE', `container ${container.id} exists already`, {
      hint: `Choose another id, or: tcompose oci delete ${container.id}`,
    });
  }
  try {
    writeFileSync(join(directory, planFile), plan, { mode: 0o600 });
    saveContainer(directory, container);
  } catch (error) {
    removeContainer(directory);
    throw error;
  }
}

/** Stores a container that has changed. */
export function saveContainer(directory: string, container: OciContainer): void {
  replaceFile(join(directory, stateFile), `${JSON.stringify(container)}\n`, 0o600);
}

/** Replaces a file atomically, by rename. */
export function replaceFile(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
}

/** Throws RUNTIME_BUNDLE when there is none. */
export function findContainer(directory: string, id: string): OciContainer {
  try {
    return JSON.parse(readFileSync(join(directory, stateFile), 'utf8')) as OciContainer;
  } catch (cause) {
    throw new TcomposeError('RUNTIME_BUNDLE', `container ${id} does not exist`, {
      cause,
      hint: 'Check the id, and --root if it was created with one.',
    });
  }
}

/** The encoded launch plan; undefined when it is lost. */
export function launchPlanOf(directory: string): Buffer | undefined {
  try {
    return readFileSync(join(directory, planFile));
  } catch {
    return undefined;
  }
}

/** Ids in the directory, in order. */
export function containerIds(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes a container's record; a missing one is not an error. */
export function removeContainer(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
