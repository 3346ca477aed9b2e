import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { runInside } from '../../../project/execute/hooks.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import { isAtOrBelow, textOfBytes } from '../../../watch/change.ts';
import { isOwnEngine } from '../../is-own-engine.ts';
import { type Packed, packItems } from './pack-items.ts';

export interface Put {
  /** Whether anything in the container is other than before. */
  readonly changed: boolean;
  /** What could not be put there. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Paths that are taken away by one request or command. */
const pathsAtOnce = 1000;

interface Target {
  readonly id: string;
  readonly state: string;
}

/** Puts items into one container, as their sources are now. @throws TcomposeError of the engine */
export async function putItems(
  client: EngineClient,
  container: Target,
  items: readonly SyncItem[],
): Promise<Put> {
  const packed = packItems(items);
  return isOwnEngine(client)
    ? putByEngine(client, container, packed)
    : putByArchive(client, container, packed);
}

/** Our engine writes into the container's root itself: no program in it is needed. */
async function putByEngine(client: EngineClient, { id }: Target, packed: Packed): Promise<Put> {
  const problems: { path: string; message: string }[] = [];
  let changed = false;
  const gone = [...packed.gone, ...packed.links];
  for (let at = 0; at < gone.length; at += pathsAtOnce) {
    const answer = await client.containers.unsync(id, { paths: gone.slice(at, at + pathsAtOnce) });
    problems.push(...answer.problems);
    changed ||= answer.removed > 0;
  }
  for await (const { tar } of packed.archives) {
    const answer = await client.containers.sync(id, tar);
    problems.push(...answer.problems);
    changed ||= answer.written > 0;
  }
  return { changed, problems };
}

/** As Docker Compose does: `rm` in the container, and an archive for all that is there. */
async function putByArchive(client: EngineClient, container: Target, packed: Packed): Promise<Put> {
  const problems: { path: string; message: string }[] = [];
  const gone = packed.gone.map(({ path }) => path);
  const top = gone.filter((path) => !gone.some((other) => other !== path && isAtOrBelow(path, other)));
  if (top.length > 0 && container.state === 'running')
    for (let at = 0; at < top.length; at += pathsAtOnce) {
      const words = top.slice(at, at + pathsAtOnce).map(textOfBytes);
      const { code, output } = await runInside(client, container.id, { command: ['rm', '-rf', ...words] });
      if (code !== 0)
        problems.push({ path: words[0]!, message: `rm in the container failed: ${output.trim()}` });
    }
  for await (const { tar } of packed.archives)
    await client.containers.putArchive(container.id, '/', tar, { copyUidGid: true });
  return { changed: true, problems };
}
