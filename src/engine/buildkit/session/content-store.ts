import type { Descriptor, ImageContent } from '../../../image/ingest-types.ts';
import { digestOf } from '../../../registry/content/digest.ts';
import type { LocalCache } from '../../build/build-client.ts';
import { type CacheSource, type CacheTarget, largestSmall } from '../../build/remote-cache/backend.ts';
import { bringBlob } from '../../images/pull/bring-blob.ts';
import {
  readContentRequestShape,
  readContentResponseShape,
  writeActions,
  writeContentRequestShape,
  writeContentResponseShape,
} from '../messages/content.ts';
import type { OpenCall } from '../wire/call.ts';
import { decode, encode, type MessageOf } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import type { Session } from './sessions.ts';

const service = '/containerd.services.content.v1.Content/';
/** Bytes of a blob in one message. */
const pieceSize = 512 * 1024;

/** Names one of the client's directories. */
const metadataOf = (path: string) => ({ 'buildkit-attachable-store-id': `local:${path}` });

function need(session: Session): void {
  if (!session.has(`${service}Read`))
    throw new GrpcError('invalid-argument', 'the client has no directories for caches');
}

/** A cache in a directory of the client. */
export function sentCache(session: Session, { path, digest }: LocalCache, signal: AbortSignal): CacheSource {
  need(session);
  const read = async (descriptor: Pick<Descriptor, 'digest'>): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of blobOf(session, path, descriptor.digest, signal)) {
      size += piece.length;
      if (size > largestSmall) throw new GrpcError('invalid-argument', `${descriptor.digest} is too large`);
      pieces.push(Buffer.from(piece));
    }
    const bytes = Buffer.concat(pieces);
    if (digestOf(bytes, descriptor.digest) === descriptor.digest) return bytes;
    throw new GrpcError('invalid-argument', `${descriptor.digest} is damaged`);
  };
  return {
    name: path,
    async manifest() {
      if (digest === undefined) throw new GrpcError('invalid-argument', 'a local cache needs a digest');
      return read({ digest });
    },
    read,
    async bring(descriptor, ingest) {
      await bringBlob({
        request: () => ingest.blob(descriptor),
        async transfer(writer) {
          if (writer.offset > 0) await writer.restart();
          for await (const piece of blobOf(session, path, descriptor.digest, signal))
            await writer.write(piece);
        },
        signal,
        wrong: (error) => error,
      });
    },
  };
}

async function* blobOf(
  session: Session,
  path: string,
  digest: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const call = session.caller.open(`${service}Read`, metadataOf(path), signal);
  try {
    await call.send(encode(readContentRequestShape, { digest }));
    call.end();
    for await (const answer of call.answers)
      yield decode<MessageOf<typeof readContentResponseShape>>(readContentResponseShape, answer).data;
  } finally {
    call.close();
  }
}

/**
 * A directory of the client to write a cache to.
 * @param done called with the manifest, which the client adds to the directory's index
 */
export function takenCache(
  session: Session,
  { path }: LocalCache,
  content: Pick<ImageContent, 'openBlob'>,
  signal: AbortSignal,
  done: (manifest: Descriptor) => void,
): CacheTarget {
  need(session);
  const keep = (descriptor: Descriptor, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) =>
    writeBlob(session.caller.open(`${service}Write`, metadataOf(path), signal), descriptor, bytes);
  return {
    name: 'client directory',
    async layer(descriptor) {
      const blob = await content.openBlob(descriptor.digest);
      if (blob === undefined)
        throw new GrpcError('internal', `the layer ${descriptor.digest} is not in the store`);
      await keep(descriptor, blob.stream()).finally(() => blob.close());
    },
    small: ({ descriptor, bytes }) => keep(descriptor, [bytes]),
    async manifest({ descriptor, bytes }) {
      await keep(descriptor, [bytes]);
      done(descriptor);
    },
  };
}

/** Writes a blob, with an answer to each message; a blob that exists already is skipped. */
async function writeBlob(
  call: OpenCall,
  { digest, size }: Descriptor,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const ask = async (message: Partial<MessageOf<typeof writeContentRequestShape>>): Promise<number> => {
    await call.send(encode(writeContentRequestShape, message));
    const { value, done } = await call.answers.next();
    if (done === true) throw new GrpcError('internal', `the client ended the writing of ${digest}`);
    return decode<MessageOf<typeof writeContentResponseShape>>(writeContentResponseShape, value).offset;
  };
  const facts = { ref: `tcompose-${digest}`, total: size, expected: digest };
  try {
    await ask({ ...facts, action: writeActions.stat });
    let offset = 0;
    for await (const chunk of bytes)
      for (let at = 0; at < chunk.length; at += pieceSize) {
        const data = Buffer.from(chunk.subarray(at, at + pieceSize));
        await ask({ ...facts, action: writeActions.write, offset, data });
        offset += data.length;
      }
    await ask({ ...facts, action: writeActions.commit, offset });
  } catch (error) {
    if (!(error instanceof GrpcError) || error.code !== 'already-exists') throw error;
  } finally {
    call.close();
  }
}
