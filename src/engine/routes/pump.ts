import type { ShimAttachment } from '../../runtime/shim/attach.ts';
import type { Hijacked } from '../http/exchange.ts';
import { frame } from '../http/multiplex.ts';
import { detachFilter, type Typed } from './detach-keys.ts';

/**
 * Carries bytes between an attached client and a shim until the output ends or the client disconnects. When the client
 * closes its half of the connection, stdin is closed and output continues. Back-pressure works both ways.
 */
export async function pumpAttachment(
  attachment: ShimAttachment,
  client: Hijacked,
  options: {
    readonly tty: boolean;
    readonly stdin: boolean;
    readonly signal: AbortSignal;
    /** Keys that detach when typed at a terminal; empty for none. */
    readonly detachKeys?: Buffer;
    /** Called when they were typed, before the connection is closed. */
    readonly detached?: () => void;
    /** Awaited between the end of the output and that of the connection, so that the client's next request can be answered. */
    readonly beforeEnd?: () => Promise<void>;
  },
): Promise<void> {
  let writing = 0;
  attachment.onOutput((stream, bytes) => {
    const done = client.output.write(options.tty ? bytes : frame(stream, bytes));
    if (!client.output.full) return;
    writing++;
    attachment.pause();
    void done.then(() => {
      if (--writing === 0) attachment.resume();
    });
  });
  const leave = (): void => attachment.close();
  options.signal.addEventListener('abort', leave);
  const filter = detachFilter((options.tty && options.detachKeys) || Buffer.alloc(0));
  let left = false;
  const detach = (): void => {
    left = true;
    options.detached?.();
    attachment.close();
  };
  if (options.stdin) void feed(attachment, client, filter, detach);
  // The docker CLI closes its half at once when it has no stdin to send: it has not disconnected yet.
  else client.input.resume();
  const how = await attachment.ended;
  options.signal.removeEventListener('abort', leave);
  attachment.close();
  // A client that was dropped for being slow must not wait for what continues without it.
  if (!options.signal.aborted && !left && how !== 'slow') await options.beforeEnd?.();
  client.output.end();
}

async function feed(
  attachment: ShimAttachment,
  client: Hijacked,
  filter: (piece: Buffer) => Typed,
  detach: () => void,
): Promise<void> {
  try {
    // The input's end must not destroy it: it may be the socket to which the rest of the output is sent.
    for await (const chunk of client.input.iterator({ destroyOnReturn: false })) {
      const { pass, detached } = filter(chunk as Buffer);
      if (pass.length > 0) await attachment.write(pass);
      if (detached) return detach();
    }
  } catch {
    // The container or the client is gone: the output side reports that.
  } finally {
    attachment.endStdin();
  }
}
