import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { packUpper } from '../../../image/pack/pack-tree.ts';
import { bytesMessageShape } from '../messages/session.ts';
import type { Session } from '../session/sessions.ts';
import { sendTree } from '../sync/send.ts';
import type { OpenCall } from '../wire/call.ts';
import { encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import type { Output, TakeTree } from './outputs.ts';

const path = '/moby.filesync.v1.FileSend/DiffCopy';

/** Takes the files of a result for an output; undefined if an image is made. */
export function takerOf(output: Output, session: Session, signal: AbortSignal): TakeTree | undefined {
  if (output.kind === 'image' || output.kind === 'archive') return undefined;
  if (output.kind === 'nothing') return async () => undefined;
  const send = output.kind === 'local' ? sendTree : sendTar;
  return async (tree) => {
    const call = openSend(session, signal);
    try {
      await send(call, tree);
    } finally {
      call.close();
    }
  };
}

function openSend(session: Session, signal: AbortSignal): OpenCall {
  if (!session.has(path))
    throw new GrpcError('invalid-argument', 'output directory is required: the client takes no files');
  // A build has one output, whose number is that of the first.
  return session.caller.open(path, { 'buildkit-attachable-exporter-id': '0' }, signal);
}

async function sendTar(call: OpenCall, tree: ConfinedDirectory): Promise<void> {
  const top = tree.find('');
  if (top === undefined) throw new GrpcError('internal', 'the result has no files');
  await sendBytes(call, packUpper(tree, top));
}

/** Sends an archive to the client, which stores it. */
export async function sendArchive(
  session: Session,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const call = openSend(session, signal);
  try {
    await sendBytes(call, bytes);
  } finally {
    call.close();
  }
}

/** A message may have at most 4 MiB. */
const pieceSize = 1024 * 1024;

async function sendBytes(call: OpenCall, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes)
    for (let at = 0; at < chunk.length; at += pieceSize)
      await call.send(encode(bytesMessageShape, { data: Buffer.from(chunk.subarray(at, at + pieceSize)) }));
  call.end();
  // The client's status confirms that everything was written.
  for await (const _nothing of call.answers);
}
