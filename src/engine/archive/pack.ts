import type { ConfinedEntry } from '../../confined/entry.ts';
import type { ArchiveSpec, JobRunner } from '../../image/jobs/job-types.ts';
import { packEntry } from '../../image/pack/pack-tree.ts';
import type { ContainerRoot } from '../containers/root/root-handle.ts';
import type { StreamWriter } from '../http/stream-writer.ts';

/**
 * Writes `entry` and everything below it as a tar, no faster than it is read; a directory is packed in another thread.
 * Stops when the reader has disconnected.
 * @param name the first name in the tar, bytes in latin1
 */
export async function packInto(
  jobs: JobRunner<ArchiveSpec>,
  { directory, owners }: Pick<ContainerRoot, 'directory' | 'owners'>,
  entry: ConfinedEntry,
  name: string,
  writer: StreamWriter,
): Promise<void> {
  if (entry.stat.isDirectory()) await packElsewhere(jobs, { directory, owners }, entry, name, writer);
  else
    for await (const piece of packEntry(directory, entry, name, { owners })) {
      await writer.write(piece);
      if (writer.closed) break;
    }
  writer.end();
}

async function packElsewhere(
  jobs: JobRunner<ArchiveSpec>,
  { directory, owners }: Pick<ContainerRoot, 'directory' | 'owners'>,
  { path, fd }: ConfinedEntry,
  name: string,
  writer: StreamWriter,
): Promise<void> {
  const job = jobs.start(
    { kind: 'get', tree: directory.lend(), path, fd, owners, name },
    {
      warn: () => {},
      output: (piece) => {
        if (writer.closed) void job.cancel();
        return writer.write(piece);
      },
    },
  );
  try {
    await job.end();
  } catch (error) {
    if (!writer.closed) throw error;
  }
}
