import type { Readable } from 'node:stream';
import type { ArchiveSpec, JobRunner, PutOptions, PutSpec } from '../../image/jobs/job-types.ts';
import { libcLayerSystem } from '../../image/unpack/layer-system.ts';
import type { ContainerRoot } from '../containers/root/root-handle.ts';
import { putArchive } from './put-archive.ts';

export interface UnpackOptions extends Pick<PutOptions, 'noOverwriteDirNonDir'> {
  /** Owner of everything, instead of the archive's owners. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Length of `body` in bytes, if known. */
  readonly length?: number;
  readonly warn: (message: string) => void;
}

/** Archives up to this many bytes are unpacked synchronously, within some milliseconds: starting a thread would take longer. */
const smallArchive = 64 * 1024;

/**
 * Unpacks a tar (plain, gzip or zstd) below `directory` of a container, in another thread unless it is small. Throws
 * 400 for an archive that can't be unpacked, and reads the rest of `body`: the answer still has to go back on its
 * connection.
 */
export async function unpackInto(
  jobs: JobRunner<ArchiveSpec>,
  {
    directory: tree,
    readOnly,
    owners,
  }: Pick<ContainerRoot, 'directory' | 'readOnly'> & Partial<ContainerRoot>,
  directory: string,
  body: Readable,
  { noOverwriteDirNonDir, owner, length, warn }: UnpackOptions,
): Promise<void> {
  const options: PutOptions = {
    base: directory,
    owner: owner ?? 'archive',
    owners,
    noOverwriteDirNonDir,
    readOnly,
  };
  if (length === undefined || length > smallArchive)
    return unpackElsewhere(jobs, { kind: 'put', tree: tree.lend(), ...options }, body, warn);
  try {
    const archive = body.iterator({ destroyOnReturn: false });
    await putArchive(tree, archive, options, { system: await libcLayerSystem(), warn, sync: false });
  } catch (error) {
    body.resume();
    throw error;
  }
}

/** The tree stays lent until the thread is done with it, whatever happens. */
async function unpackElsewhere(
  jobs: JobRunner<ArchiveSpec>,
  spec: PutSpec,
  body: Readable,
  warn: (message: string) => void,
): Promise<void> {
  const job = jobs.start(spec, { warn });
  const feed = async (): Promise<void> => {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) await job.write(chunk);
    await job.end();
  };
  const fed = feed();
  fed.catch(() => body.resume());
  try {
    // A sender that waits for the answer before it sends more gets it as soon as the archive is refused.
    await Promise.race([fed, job.done]);
  } finally {
    await job.cancel();
  }
}
