import type { ShimAttachment } from '../../runtime/shim/attach.ts';
import type { Hijacked } from '../http/exchange.ts';
import { frame } from '../http/multiplex.ts';
import { detachFilter, type Typed } from './detach-keys.ts';

/**
 * Carries bytes between an attached client and a shim until the output ends or the client goes. The client's closing
 * its half of the connection closes stdin; output goes on. Back-pressure works both ways.
 */
export async function pumpAttachment(
  attachment: ShimAttachment,
  client: Hijacked,
  options: {
    readonly tty: boolean;
    readonly stdin: boolean;
    readonly signal: AbortSignal;
    /** Keys that detach when they are typed at a terminal; empty: none do. */
    readonly detachKeys?: Buffer;
    /** Called when they were, before the connection is closed. */
    readonly detached?: () => void;
    /** Awaited when the output has ended, before the connection is: the client's next question has its answer then. */
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
  // The docker CLI closes its half at once when it has no stdin to send: that is not yet its leaving.
  else client.input.resume();
  const how = await attachment.ended;
  options.signal.removeEventListener('abort', leave);
  attachment.close();
  // A client that was dropped for being slow is not to wait for what goes on without it.
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
    // The input's end must not destroy it: it may be the socket that the rest of the output still goes to.
    for await (const chunk of client.input.iterator({ destroyOnReturn: false })) {
      const { pass, detached } = filter(chunk as Buffer);
      if (pass.length > 0) await attachment.write(pass);
      if (detached) return detach();
    }
  } catch {
    // The container is gone, or the client is: the output side tells.
  } finally {
    attachment.endStdin();
  }
}
