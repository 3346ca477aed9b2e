import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../store/layout.ts';
import { openSpareDirectories, type SpareDirectories } from '../store/spare-directories.ts';
import type { Trash } from '../store/trash.ts';
import { hostFileModes } from './host/host-file-names.ts';

/** Spares of containers/<id>, and of run/c/<id>. */
export interface SpareParts {
  readonly containers: SpareDirectories;
  readonly runs: SpareDirectories;
}

/** The name of a spare's first state: only a file named state.json says that a container is complete. */
export const firstState = 'state.new';

/** The name of a spare's log: only a file named log says that a container has been started. */
export const unusedLog = 'log.new';

/** Opens both stocks below the engine's directories. */
export function openSpareParts(
  layout: Layout,
  trash: { readonly lib: Trash; readonly run: Trash },
): SpareParts {
  return {
    containers: openSpareDirectories(layout.spares, makeContainerDirectory, trash.lib),
    runs: openSpareDirectories(layout.runSpares, makeRunDirectory, trash.run),
  };
}

async function makeContainerDirectory(path: string): Promise<void> {
  for (const part of ['upper', 'work']) await mkdir(join(path, part), { mode: 0o755 });
  for (const file of ['config.json', firstState, unusedLog])
    await writeFile(join(path, file), '', { mode: 0o600 });
}

async function makeRunDirectory(path: string): Promise<void> {
  for (const [file, mode] of [...hostFileModes, ['spec.json', 0o600] as const])
    await writeFile(join(path, file), '', { mode });
}
