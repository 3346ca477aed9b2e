import { Duplex } from 'node:stream';
import { bytesMessageShape } from '../messages/session.ts';
import { decode, encode } from '../wire/message.ts';
import type { Call } from '../wire/serve.ts';

/** Bytes in one message. */
const piece = 32 * 1024;

/** A connection whose bytes are carried in the messages of a call. */
export function callConnection({ requests, send, signal }: Call): Duplex {
  const connection = new Duplex({
    read() {
      requests.next().then(
        ({ value, done }) => {
          if (done === true) this.push(null);
          else this.push(Buffer.from(decode<{ data: Buffer }>(bytesMessageShape, value).data));
        },
        (error: Error) => this.destroy(error),
      );
    },
    write(chunk: Buffer, _encoding, callback) {
      const all = async (): Promise<void> => {
        for (let at = 0; at < chunk.length; at += piece)
          await send(encode(bytesMessageShape, { data: chunk.subarray(at, at + piece) }));
      };
      all().then(() => callback(), callback);
    },
  });
  connection.on('error', () => undefined);
  signal.addEventListener('abort', () => connection.destroy());
  return connection;
}
