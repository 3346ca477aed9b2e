import type { ShimAttachment } from '../../runtime/shim/attach.ts';
import type { Hijacked } from '../http/exchange.ts';
import { frame } from '../http/multiplex.ts';

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
    /** Awaited when the output has ended, before the connection is: the client's next question has its answer then. */
    readonly beforeEnd?: () => Promise<void>;
  },
): Promise<void> {
  let writing = 0;
  attachment.onOutput((stream, bytes) => {
    const done = client.output.write(options.tty ? bytes : frame(stream, bytes));
    writing++;
    attachment.pause();
    void done.then(() => {
      if (--writing === 0) attachment.resume();
    });
  });
  const leave = (): void => attachment.close();
  options.signal.addEventListener('abort', leave);
  if (options.stdin) void feed(attachment, client);
  // The docker CLI closes its half at once when it has no stdin to send: that is not yet its leaving.
  else client.input.resume();
  await attachment.ended;
  options.signal.removeEventListener('abort', leave);
  attachment.close();
  if (!options.signal.aborted) await options.beforeEnd?.();
  client.output.end();
}

async function feed(attachment: ShimAttachment, client: Hijacked): Promise<void> {
  try {
    // The input's end must not destroy it: it may be the socket that the rest of the output still goes to.
    for await (const chunk of client.input.iterator({ destroyOnReturn: false }))
      await attachment.write(chunk as Buffer);
  } catch {
    // The container is gone, or the client is: the output side tells.
  } finally {
    attachment.endStdin();
  }
}
