import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { Session } from '../session/sessions.ts';
import { MemoryTaker } from './memory-taker.ts';
import { openSync, type SyncRequest } from './open-sync.ts';
import { receiveTree, type TreeTaker } from './receive.ts';
import { type Transferred, TreeTakerInto } from './tree-taker.ts';

/** Fetches a few small files from a client's directory. @throws GrpcError */
export async function bringSmall(
  session: Session,
  request: SyncRequest,
  signal: AbortSignal,
): Promise<MemoryTaker> {
  const taker = new MemoryTaker();
  await bring(session, request, taker, signal);
  return taker;
}

/** Makes a directory equal to a client's. @throws GrpcError */
export async function bringTree(
  session: Session,
  request: SyncRequest,
  path: string,
  signal: AbortSignal,
): Promise<Transferred> {
  const root = ConfinedDirectory.at(path);
  const taker = new TreeTakerInto(root);
  try {
    await bring(session, request, taker, signal);
    return taker.transferred;
  } finally {
    taker.close();
    root.close();
  }
}

async function bring(
  session: Session,
  request: SyncRequest,
  taker: TreeTaker,
  signal: AbortSignal,
): Promise<void> {
  const call = openSync(session, request, signal);
  try {
    await receiveTree(call, taker);
  } finally {
    call.close();
  }
}
