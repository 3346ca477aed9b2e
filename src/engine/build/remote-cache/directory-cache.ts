import { randomBytes } from 'node:crypto';
import { closeSync, constants, createReadStream, fstatSync, readFileSync, writeSync } from 'node:fs';
import type { CachePlace } from '../../../build/llb/cache-option.ts';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath } from '../../../confined/names.ts';
import { TcomposeError } from '../../../errors.ts';
import { sha256 } from '../../../image/digest.ts';
import type { BlobWriter, Descriptor, ImageContent } from '../../../image/ingest-types.ts';
import { checkedDescriptor, mediaTypes } from '../../../image/manifest.ts';
import { renameAt } from '../../../sys/at-calls.ts';
import { openName } from '../../../sys/openat2.ts';
import { bringBlob } from '../../images/pull/bring-blob.ts';
import { makeDirectories } from '../make-directories.ts';
import { type CacheSource, type CacheTarget, largestSmall } from './backend.ts';

type Place = Extract<CachePlace, { kind: 'local' }>;

const refName = 'org.opencontainers.image.ref.name';
const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * A cache in a directory of this machine, an OCI image layout. Links in it can't lead elsewhere. @throws TcomposeError
 * BUILD_CONTEXT
 */
export function directorySource(place: Place, signal: AbortSignal): CacheSource {
  const at = <T>(work: (directory: ConfinedDirectory) => T): T => {
    const directory = opened(place.path);
    try {
      return work(directory);
    } finally {
      directory.close();
    }
  };
  const read = (descriptor: Descriptor): Buffer => {
    const bytes = at((directory) => fileIn(directory, blobName(descriptor.digest), place));
    if (sha256(bytes) === descriptor.digest) return bytes;
    throw wrong(place, `${descriptor.digest} is damaged`);
  };
  return {
    name: place.path,
    manifest: async () => read(at((directory) => chosen(directory, place))),
    read: async (descriptor) => read(descriptor),
    async bring(descriptor, ingest) {
      const transfer = async (writer: BlobWriter): Promise<void> => {
        if (writer.offset > 0) await writer.restart();
        const fd = at((directory) => openFile(directory, blobName(descriptor.digest), place));
        for await (const piece of createReadStream('', { fd })) await writer.write(piece as Buffer);
      };
      const cause = (error: TcomposeError): TcomposeError => error;
      await bringBlob({ request: () => ingest.blob(descriptor), transfer, signal, wrong: cause });
    },
  };
}

function opened(path: string): ConfinedDirectory {
  try {
    return ConfinedDirectory.at(path);
  } catch (cause) {
    throw new TcomposeError('BUILD_CONTEXT', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

const wrong = ({ path }: Place, why: string): TcomposeError =>
  new TcomposeError('BUILD_CONTEXT', `the cache in ${path} cannot be used: ${why}`);

const blobName = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** A descriptor of a regular file, which the caller closes. */
function openFile(directory: ConfinedDirectory, name: string, place: Place): number {
  const entry = directory.find(bytesOfPath(name), true);
  try {
    if (entry?.stat.isFile()) return entry.open();
    throw wrong(place, `there is no ${name}`);
  } finally {
    entry?.close();
  }
}

function fileIn(directory: ConfinedDirectory, name: string, place: Place): Buffer {
  const fd = openFile(directory, name, place);
  try {
    if (fstatSync(fd).size > largestSmall) throw wrong(place, `${name} is too large`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function listed(directory: ConfinedDirectory, place: Place): readonly Descriptor[] {
  let value: { readonly manifests?: unknown };
  try {
    value = JSON.parse(fileIn(directory, 'index.json', place).toString('utf8'));
  } catch (error) {
    if (error instanceof TcomposeError) throw error;
    throw wrong(place, 'its index.json is not JSON');
  }
  return Array.isArray(value.manifests) ? value.manifests.map(checkedDescriptor) : [];
}

/** The entry with this digest, with this tag, or the only one. */
function chosen(directory: ConfinedDirectory, place: Place): Descriptor {
  const all = listed(directory, place);
  const found =
    place.digest !== undefined
      ? all.find(({ digest }) => digest === place.digest)
      : (all.find(({ annotations }) => annotations?.[refName] === place.tag) ??
        (all.length === 1 ? all[0] : undefined));
  if (found === undefined) throw wrong(place, `it has no entry named ${place.digest ?? place.tag}`);
  return found;
}

/** A directory of this machine to write a cache to; made if it is missing. @throws TcomposeError BUILD_CONTEXT */
export function directoryTarget(place: Place, content: Pick<ImageContent, 'openBlob'>): CacheTarget {
  const into = async (work: (directory: ConfinedDirectory) => Promise<void>): Promise<void> => {
    makeDirectories(place.path);
    const directory = opened(place.path);
    try {
      await work(directory);
    } finally {
      directory.close();
    }
  };
  const keep = (digest: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) =>
    into(async (directory) => {
      const name = blobName(digest);
      if (!isThere(directory, name)) await write(directory, name, bytes);
    });
  return {
    name: place.path,
    async layer(descriptor) {
      const blob = await content.openBlob(descriptor.digest);
      if (blob === undefined)
        throw new TcomposeError('IMAGE_STORE', `the layer ${descriptor.digest} is not in the store`);
      await keep(descriptor.digest, blob.stream()).finally(() => blob.close());
    },
    small: ({ descriptor, bytes }) => keep(descriptor.digest, [bytes]),
    async manifest({ descriptor, bytes }) {
      await keep(descriptor.digest, [bytes]);
      await into(async (directory) => {
        const before = isThere(directory, 'index.json') ? listed(directory, place) : [];
        const others = before.filter(({ annotations }) => annotations?.[refName] !== place.tag);
        const named = { ...descriptor, annotations: { [refName]: place.tag } };
        const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...others, named] };
        await write(directory, 'oci-layout', [Buffer.from('{"imageLayoutVersion":"1.0.0"}')]);
        await write(directory, 'index.json', [Buffer.from(JSON.stringify(index))]);
      });
    },
  };
}

function isThere(directory: ConfinedDirectory, name: string): boolean {
  const entry = directory.find(bytesOfPath(name));
  entry?.close();
  return entry !== undefined;
}

/** Writes a file that appears under its name only when it is complete. */
async function write(
  directory: ConfinedDirectory,
  name: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = directory.place(bytesOfPath(`${name}.${randomBytes(4).toString('hex')}`));
  const fd = openName(temporary.directory, temporary.name, exclusive, 0o644);
  try {
    for await (const piece of bytes) writeAll(fd, piece);
    const from = directory.place(temporary.path, false);
    const to = directory.place(bytesOfPath(name), false);
    renameAt(from.directory, from.name, to.directory, to.name);
  } catch (error) {
    await directory.remove(temporary.path);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
