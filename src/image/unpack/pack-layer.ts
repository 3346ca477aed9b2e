import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createGzip, type Gzip } from 'node:zlib';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { explain } from './explain.ts';
import type { JobResult, PackSpec } from './job-types.ts';
import { LinkTree } from './link-tree.ts';
import { type PackWitness, packUpper } from './pack-tree.ts';
import type { JobContext } from './take-blob.ts';

/** Fast: a layer is compressed once, and most are never sent anywhere. */
const level = 3;

/**
 * Carries a PackSpec out. The same directory gives the same bytes (under one version of zlib).
 * @throws TcomposeError IMAGE_STORE, IMAGE_NO_SPACE
 */
export async function packLayer(spec: PackSpec, context: JobContext): Promise<JobResult> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const gzip = createGzip({ level, chunkSize: 256 * 1024 });
  let size = 0;
  const root = ConfinedDirectory.at(spec.directory);
  let linked: LinkTree | undefined;
  try {
    if (spec.tree !== undefined) linked = new LinkTree(root, spec.tree);
    const fd = openSync(spec.file, 'wx', 0o600);
    try {
      const pieces = tarOf(root, spec, linked);
      for await (const piece of compressed(pieces, gzip, (bytes) => plain.update(bytes))) {
        context.beforeWrite(spec.file);
        context.check();
        packed.update(piece);
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
        size += piece.length;
        context.taken(piece.length, false);
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw explain(error, spec.file, size);
  } finally {
    linked?.close();
    root.close();
  }
  const digest = (hash: typeof plain) => `sha256:${hash.digest('hex')}`;
  const made = { digest: digest(packed), size, diffId: digest(plain), compression: 'gzip' } as const;
  return linked === undefined ? made : { ...made, tree: linked.result() };
}

async function* tarOf(
  root: ConfinedDirectory,
  { without, latest }: PackSpec,
  witness: PackWitness | undefined,
): AsyncGenerator<Buffer> {
  const top = root.find('');
  if (top === undefined) return;
  try {
    yield* packUpper(root, top, without, witness, latest);
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
  try {
    for await (const piece of pieces) {
      seen(piece);
      await new Promise<void>((resolve, reject) => {
        gzip.write(piece, (error) => (error ? reject(error) : resolve()));
      });
      yield* out.splice(0);
    }
    await new Promise<void>((resolve, reject) => {
      gzip.once('end', resolve).once('error', reject);
      gzip.end();
    });
    yield* out.splice(0);
  } finally {
    gzip.destroy();
  }
}
