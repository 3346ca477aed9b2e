import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import type { ArchiveResult, ArchiveSpec, GetSpec, JobContext, PutSpec } from '../../image/jobs/job-types.ts';
import { packEntry } from '../../image/pack/pack-tree.ts';
import { putArchive } from './put-archive.ts';

/** Carries out, in a worker thread, a copy into or out of a tree that the engine's thread lends it. */
export function runArchiveJob(spec: ArchiveSpec, context: JobContext): Promise<ArchiveResult> {
  return spec.kind === 'put' ? put(spec, context) : get(spec, context);
}

async function put(spec: PutSpec, context: JobContext): Promise<ArchiveResult> {
  let size = 0;
  async function* archive(): AsyncGenerator<Uint8Array> {
    for (let piece = await context.next(); piece !== undefined; piece = await context.next()) {
      size += piece.length;
      yield piece;
      context.taken(piece.length, true);
    }
  }
  const tree = ConfinedDirectory.borrow(spec.tree);
  try {
    await putArchive(tree, archive(), spec, context);
    // What follows the archive's end is read, too; otherwise its sender would wait.
    while ((await context.next()) !== undefined) {}
    return { size };
  } finally {
    tree.close();
  }
}

async function get(spec: GetSpec, context: JobContext): Promise<ArchiveResult> {
  let size = 0;
  const tree = ConfinedDirectory.borrow(spec.tree);
  const entry = tree.held(spec.path, spec.fd);
  try {
    for await (const piece of packEntry(tree, entry, spec.name, {
      sync: context.sync,
      owners: spec.owners,
    })) {
      context.check();
      size += piece.length;
      await context.send(ownMemory(piece));
    }
    return { size };
  } finally {
    entry.close();
    tree.close();
  }
}

/** The bytes in a buffer of their own, so that it can be transferred; copied only if the buffer holds more. */
function ownMemory(piece: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, length } = piece;
  return buffer instanceof ArrayBuffer && buffer.byteLength === length
    ? new Uint8Array(buffer)
    : new Uint8Array(piece);
}
