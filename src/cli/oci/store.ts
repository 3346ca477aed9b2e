import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { enginePaths } from '../../engine/client/engine-paths.ts';
import { TcomposeError } from '../../errors.ts';
import { parseExitFile, parsePidFile } from '../../runtime/shim/exit-file.ts';
import { connectShim } from '../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../runtime/shim/shim-messages.ts';
import { type FlagSpec, flag, type ParsedArgs } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';

/** Where OCI containers are kept; every command of the group takes it. */
export const rootFlag: FlagSpec = {
  name: 'root',
  type: 'string',
  value: 'DIR',
  summary: 'Directory of the state (default: oci in the run directory)',
};

/** What is remembered of a container beside what its shim knows. */
interface OciContainer {
  readonly id: string;
  readonly ociVersion: string;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** `state` of the runtime-spec (runtime.md, State). */
type OciStatus = 'creating' | 'created' | 'running' | 'stopped';

const stateFile = 'oci.json';

/** The run directory of a container: shim.sock, pid, exit and our file. Throws RUNTIME_BUNDLE for an impossible id. */
export function containerDirectory(args: ParsedArgs, ctx: CliContext, id: string): string {
  if (!/^[A-Za-z0-9_+.-]{1,128}$/.test(id) || id === '.' || id === '..') {
    throw new TcomposeError('RUNTIME_BUNDLE', `"${id}" is no container id`, {
      hint: 'Use letters, digits, "_", "+", "-" and ".".',
    });
  }
  const root = flag.str(args, 'root') ?? join(enginePaths(ctx.env).run, 'oci');
  return join(resolve(ctx.cwd, root), id);
}

/** Makes the directory; throws RUNTIME_BUNDLE when the id is taken. */
export function addContainer(directory: string, container: OciContainer): void {
  try {
    mkdirSync(join(directory, '..'), { recursive: true, mode: 0o700 });
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new TcomposeError('RUNTIME_BUNDLE', `container ${container.id} exists already`, {
      hint: `Choose another id, or: tcompose oci delete ${container.id}`,
    });
  }
  const path = join(directory, stateFile);
  writeFileSync(`${path}.new`, `${JSON.stringify(container, null, 2)}\n`, { mode: 0o600 });
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

/** Forgets a container; none there is no error. */
export function removeContainer(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Status and pid of init, asked of the shim or, when that is gone, read from what it left. */
export async function statusOf(
  directory: string,
): Promise<{ status: OciStatus; pid: number; state?: ShimState }> {
  try {
    const shim = await connectShim(directory);
    const state = await new Promise<ShimState | undefined>((done) => {
      shim.onState(done);
      shim.onClose(() => done(undefined));
    });
    shim.close();
    if (state?.type === 'created') return { status: 'created', pid: state.pid, state };
    if (state?.type === 'started') return { status: 'running', pid: state.pid, state };
    if (state !== undefined) return { status: 'stopped', pid: 0, state };
  } catch (error) {
    if (!(error instanceof TcomposeError && error.code === 'RUNTIME_GONE')) throw error;
  }
  const exit = readIfThere(join(directory, 'exit'), parseExitFile);
  const started = readIfThere(join(directory, 'pid'), parsePidFile);
  return { status: exit === undefined && started === undefined ? 'creating' : 'stopped', pid: 0 };
}

function readIfThere<T>(path: string, parse: (text: string) => T | undefined): T | undefined {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
