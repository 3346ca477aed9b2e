import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { createGzip, type Gzip } from 'node:zlib';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import type { JobContext, JobResult, PackSpec } from '../jobs/job-types.ts';
import { explain } from '../unpack/explain.ts';
import { IndexLines } from './archive-index.ts';
import { EarlierArchive, NotAsBefore } from './earlier-archive.ts';
import { LinkTree } from './link-tree.ts';
import { type PackWitness, packUpper } from './pack-tree.ts';

/** A fast level: a layer is compressed once, and most are never sent anywhere. */
const level = 3;

/** Carries out a PackSpec. The same directory gives the same bytes (with the same version of zlib). */
export async function packLayer(spec: PackSpec, context: JobContext): Promise<JobResult> {
  const earlier = spec.earlier === undefined ? undefined : EarlierArchive.open(spec.earlier);
  if (earlier === undefined) return pack(spec, context, undefined);
  try {
    return await pack(spec, context, earlier);
  } catch (error) {
    if (!(error instanceof NotAsBefore)) throw error;
    rmSync(spec.file, { force: true });
    if (spec.tree !== undefined) rmSync(spec.tree, { recursive: true, force: true });
    return await pack(spec, context, undefined);
  } finally {
    await earlier.close();
  }
}

async function pack(
  spec: PackSpec,
  context: JobContext,
  earlier: EarlierArchive | undefined,
): Promise<JobResult> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const gzip = createGzip({ level, chunkSize: 256 * 1024 });
  const index = spec.index === undefined ? undefined : new IndexLines();
  let size = 0;
  const root = ConfinedDirectory.at(spec.directory);
  let linked: LinkTree | undefined;
  try {
    if (spec.tree !== undefined) linked = new LinkTree(root, spec.tree);
    const fd = openSync(spec.file, 'wx', 0o600);
    try {
      const pieces = tarOf(root, spec, { witness: linked, earlier, index });
      for await (const piece of compressed(pieces, gzip, (bytes) => plain.update(bytes))) {
        context.beforeWrite(spec.file);
        context.check();
        packed.update(piece);
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
        size += piece.length;
        context.taken(piece.length, false);
      }
      await earlier?.verify();
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw error instanceof NotAsBefore ? error : explain(error, spec.file, size);
  } finally {
    linked?.close();
    root.close();
  }
  if (index !== undefined) keepIndex(spec, index);
  const digest = (hash: typeof plain) => `sha256:${hash.digest('hex')}`;
  const made = { digest: digest(packed), size, diffId: digest(plain), compression: 'gzip' } as const;
  return linked === undefined ? made : { ...made, tree: linked.result() };
}

/** Another job may write the same file at the same time. */
function keepIndex({ index = '', file }: PackSpec, found: IndexLines): void {
  const made = `${index}.${basename(file)}`;
  writeFileSync(made, found.text(), { encoding: 'latin1', mode: 0o600 });
  renameSync(made, index);
}

async function* tarOf(
  root: ConfinedDirectory,
  { without, latest }: PackSpec,
  {
    witness,
    earlier,
    index,
  }: {
    readonly witness: PackWitness | undefined;
    readonly earlier: EarlierArchive | undefined;
    readonly index: IndexLines | undefined;
  },
): AsyncGenerator<Buffer> {
  const top = root.find('');
  if (top === undefined) return;
  try {
    yield* packUpper(root, top, {
      without,
      latest,
      earlier,
      index,
      ...(witness === undefined ? {} : { witness }),
    });
  } finally {
    top.close();
  }
}

async function* compressed(
  pieces: AsyncIterable<Buffer>,
  gzip: Gzip,
  seen: (piece: Buffer) => void,
): AsyncGenerator<Buffer> {
  const out: Buffer[] = [];
  gzip.on('data', (piece: Buffer) => out.push(piece));
  // Another thread compresses a piece while the next one is made.
  let written = Promise.resolve();
  try {
    for await (const piece of pieces) {
      seen(piece);
      // The piece is valid only until the next one is asked for.
      const own = Buffer.from(piece);
      await written;
      written = new Promise<void>((resolve, reject) => {
        gzip.write(own, (error) => (error ? reject(error) : resolve()));
      });
      // The write is awaited later; until then its failure must not count as unhandled.
      written.catch(() => {});
      yield* out.splice(0);
    }
    await written;
    await new Promise<void>((resolve, reject) => {
      gzip.once('end', resolve).once('error', reject);
      gzip.end();
    });
    yield* out.splice(0);
  } finally {
    gzip.destroy();
  }
}
