import { Readable } from 'node:stream';
import { bytesMessageShape } from '../messages/session.ts';
import { decode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import type { Session } from './sessions.ts';

const path = '/moby.upload.v1.Upload/Pull';

/** Host in the addresses of what a client sends from its standard input. */
const uploadHost = 'buildkit-session';

/** Whether an address refers to something that the client sends through its session. */
export const isUpload = (address: string): boolean => address.startsWith(`http://${uploadHost}/`);

/** The bytes at such an address. @throws GrpcError */
export function openUpload(session: Session, address: string, signal: AbortSignal): Readable {
  if (!session.has(path)) throw new GrpcError('invalid-argument', 'the client does not send its context');
  const call = session.caller.open(path, { urlpath: new URL(address).pathname, urlhost: uploadHost }, signal);
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const message of call.answers)
      yield Buffer.from(decode<{ data: Buffer }>(bytesMessageShape, message).data);
  }
  const stream = Readable.from(bytes(), { objectMode: false });
  stream.once('close', () => call.close());
  return stream;
}
