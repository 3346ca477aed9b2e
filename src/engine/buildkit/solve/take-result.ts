import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { packUpper } from '../../../image/unpack/pack-tree.ts';
import { bytesMessageShape } from '../messages/session.ts';
import type { Session } from '../session/sessions.ts';
import { sendTree } from '../sync/send.ts';
import type { OpenCall } from '../wire/call.ts';
import { encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import type { Output, TakeTree } from './outputs.ts';

const path = '/moby.filesync.v1.FileSend/DiffCopy';

/** Who takes the files of a result for an output; undefined where an image is made. */
export function takerOf(output: Output, session: Session, signal: AbortSignal): TakeTree | undefined {
  if (output.kind === 'image') return undefined;
  if (output.kind === 'nothing') return async () => undefined;
  const send = output.kind === 'local' ? sendTree : sendTar;
  return async (tree) => {
    if (!session.has(path))
      throw new GrpcError('invalid-argument', 'output directory is required: the client takes no files');
    // The only output of the build is its first.
    const call = session.caller.open(path, { 'buildkit-attachable-exporter-id': '0' }, signal);
    try {
      await send(call, tree);
    } finally {
      call.close();
    }
  };
}

async function sendTar(call: OpenCall, tree: ConfinedDirectory): Promise<void> {
  const top = tree.find('');
  if (top === undefined) throw new GrpcError('internal', 'the result has no files');
  for await (const data of packUpper(tree, top)) await call.send(encode(bytesMessageShape, { data }));
  call.end();
  // The client says by its status that all was written.
  for await (const _nothing of call.answers);
}
