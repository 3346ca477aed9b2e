import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { TcomposeError } from '../../src/errors.ts';
import type {
  BlobRequest,
  BlobWriter,
  Descriptor,
  ImageContent,
  ImageRecord,
  ImageToCommit,
  Ingest,
} from '../../src/image/index.ts';

/** An image store's content in memory, by the rules of the real one: writers that can be resumed, one writer a blob, DiffIDs that are checked. */
export interface MemoryContent extends Pick<ImageContent, 'ingest' | 'openBlob'> {
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly committed: ImageToCommit[];
  /** Familiar reference or digest to image id. */
  readonly names: ReadonlyMap<string, string>;
  /** Writers that were opened and neither committed, suspended nor aborted. */
  openWriters(): number;
}

export function createMemoryContent(): MemoryContent {
  const blobs = new Map<string, Buffer>();
  const partial = new Map<string, Buffer>();
  const unpacked = new Set<string>();
  const busy = new Map<string, { settled: Promise<void>; offset: () => number }>();
  const committed: ImageToCommit[] = [];
  const names = new Map<string, string>();

  const hash = (bytes: Buffer, like: string): string => {
    const algorithm = like.slice(0, like.indexOf(':'));
    return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  };

  function writer({ digest, size }: Descriptor, finish: (bytes: Buffer) => void): BlobWriter {
    let bytes = partial.get(digest) ?? Buffer.alloc(0);
    let settle = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    busy.set(digest, { settled, offset: () => bytes.length });
    const end = (): void => {
      if (busy.get(digest)?.settled === settled) busy.delete(digest);
      settle();
    };
    const abort = async (): Promise<void> => {
      if (busy.get(digest)?.settled === settled) partial.delete(digest);
      end();
    };
    return {
      get offset() {
        return bytes.length;
      },
      async write(chunk) {
        bytes = Buffer.concat([bytes, chunk]);
        if (bytes.length > size) {
          await abort();
          throw new TcomposeError('IMAGE_BLOB', 'too many bytes');
        }
      },
      async restart() {
        bytes = Buffer.alloc(0);
      },
      async commit() {
        if (bytes.length !== size || hash(bytes, digest) !== digest) {
          await abort();
          throw new TcomposeError('IMAGE_BLOB', `the blob is not ${digest}`);
        }
        try {
          finish(bytes);
          blobs.set(digest, bytes);
          partial.delete(digest);
        } finally {
          end();
        }
      },
      async suspend() {
        if (busy.get(digest)?.settled === settled) partial.set(digest, bytes);
        end();
      },
      abort,
    };
  }

  function unpack(bytes: Buffer, diffIds: readonly string[]): void {
    const zstd = bytes.readUInt32LE(0) === 0xfd2fb528;
    const tar = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
    if (!zstd && hash(tar, 'sha256:') !== diffIds.at(-1)) {
      throw new TcomposeError('IMAGE_ARCHIVE', 'the layer has another DiffID');
    }
    unpacked.add(diffIds.join(' '));
  }

  function request(descriptor: Descriptor, present: boolean, finish: (bytes: Buffer) => void): BlobRequest {
    if (present) return { kind: 'present' };
    const other = busy.get(descriptor.digest);
    if (other !== undefined) return { kind: 'elsewhere', ...other };
    return { kind: 'write', writer: writer(descriptor, finish) };
  }

  const ingest = (): Ingest => ({
    reserve: async () => undefined,
    blob: async (descriptor) => request(descriptor, blobs.has(descriptor.digest), () => undefined),
    async put({ digest, size }, data) {
      const bytes = Buffer.from(data);
      if (bytes.length !== size || hash(bytes, digest) !== digest)
        throw new TcomposeError('IMAGE_BLOB', 'no');
      blobs.set(digest, bytes);
    },
    async layer({ descriptor, diffIds, unpacked: told }) {
      const have = blobs.get(descriptor.digest);
      if (have !== undefined) unpack(have, diffIds);
      return request(descriptor, have !== undefined, (bytes) => {
        told?.(Math.floor(bytes.length / 2));
        unpack(bytes, diffIds);
        told?.(bytes.length);
      });
    },
    hold: () => undefined,
    async commit(image) {
      committed.push(image);
      const manifest = JSON.parse(blobs.get(image.manifest.digest)!.toString()) as {
        config: Descriptor;
        layers: Descriptor[];
      };
      for (const { digest } of [manifest.config, ...manifest.layers]) {
        if (!blobs.has(digest)) throw new TcomposeError('IMAGE_STORE', `${digest} is not there`);
      }
      const id = manifest.config.digest;
      names.set(id, id);
      if (image.tag !== undefined) names.set(image.tag, id);
      const { repoDigest } = image;
      if (repoDigest !== undefined) names.set(`${repoDigest.repository}@${repoDigest.digest}`, id);
      return { id } as ImageRecord;
    },
    release: async () => undefined,
  });

  return {
    blobs,
    committed,
    names,
    openWriters: () => busy.size,
    ingest,
    async openBlob(digest) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) return undefined;
      return {
        size: bytes.length,
        async *stream(offset = 0) {
          for (let at = offset; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
        },
        close: async () => undefined,
      };
    },
  };
}
