import type { EngineClient } from '../../../engine/client/engine-client.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import { isOwnEngine } from '../../is-own-engine.ts';
import { type Packed, packItems } from './pack-items.ts';
import { type Put, pathsAtOnce, type Target } from './put.ts';
import { putByArchive } from './put-by-archive.ts';

/** Puts items into one container, as their sources are now. @throws TcomposeError of the engine */
export async function putItems(
  client: EngineClient,
  container: Target,
  items: readonly SyncItem[],
): Promise<Put> {
  return isOwnEngine(client)
    ? putByEngine(client, container, packItems(items))
    : putByArchive(client, container, items);
}

/** Our engine writes into the container's root itself, and needs no program in it. */
async function putByEngine(client: EngineClient, { id }: Target, packed: Packed): Promise<Put> {
  const problems: { path: string; message: string }[] = [];
  let changed = false;
  const gone = [...packed.gone, ...packed.links];
  for (let at = 0; at < gone.length; at += pathsAtOnce) {
    const answer = await client.containers.unsync(id, { paths: gone.slice(at, at + pathsAtOnce) });
    problems.push(...answer.problems);
    changed ||= answer.removed > 0;
  }
  for await (const { tar, keepsDirectories } of packed.archives) {
    const answer = await client.containers.sync(id, tar, { keepsDirectories });
    problems.push(...answer.problems);
    changed ||= answer.written > 0;
  }
  problems.push(...packed.problems);
  return { changed, problems };
}
