import { statusOf, tolerate } from '../../../engine/client/api-failure.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { runInside } from '../../../project/execute/hooks.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import { textOfBytes } from '../../../watch/change.ts';
import { packItems } from './pack-items.ts';
import { type Put, pathsAtOnce, type Target } from './put.ts';

type Problems = Put['problems'][number][];

/**
 * Puts items into a container of Docker's engine like Docker Compose: `rm` in the container, and an archive for what
 * exists.
 */
export async function putByArchive(
  client: EngineClient,
  container: Target,
  items: readonly SyncItem[],
): Promise<Put> {
  const packed = packItems(items);
  const { gone, archives } = packed;
  const problems: Problems = [];
  if (gone.length > 0 && container.state === 'running')
    await removeInside(
      client,
      container.id,
      gone.map(({ path }) => path),
      problems,
    );
  try {
    for await (const { tar } of archives)
      await client.containers.putArchive(container.id, '/', tar, { copyUidGid: true, keepKinds: true });
  } catch (error) {
    // A directory would replace a non-directory, or the other way round.
    if (statusOf(error) !== 400 && statusOf(error) !== 500) throw error;
    await putAround(client, container.id, items);
  }
  return { changed: true, problems: [...problems, ...packed.problems] };
}

async function removeInside(
  client: EngineClient,
  id: string,
  paths: readonly string[],
  problems: Problems,
): Promise<void> {
  const gone = new Set(paths);
  const isCovered = (path: string): boolean => {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      if (gone.has(path.slice(0, at))) return true;
    return false;
  };
  const top = paths.filter((path) => !isCovered(path));
  for (let at = 0; at < top.length; at += pathsAtOnce) {
    const words = top.slice(at, at + pathsAtOnce).map(textOfBytes);
    const { code, output } = await runInside(client, id, { command: ['rm', '-rf', '--', ...words] });
    if (code !== 0)
      problems.push({ path: words[0]!, message: `rm in the container failed: ${output.trim()}` });
  }
}

/**
 * Puts everything in place whatever is there, except directories where the image has a link: the link stands for its
 * directory.
 */
async function putAround(client: EngineClient, id: string, items: readonly SyncItem[]): Promise<void> {
  const rest: SyncItem[] = [];
  for (const item of items) {
    const isLink = async () =>
      (await tolerate(client.containers.statArchive(id, textOfBytes(item.target)), 404))?.linkTarget;
    if (item.kind === 'directory' && item.insteadOfLink !== true && (await isLink())) continue;
    rest.push(item);
  }
  for await (const { tar, keepsDirectories } of packItems(rest).archives)
    await client.containers.putArchive(id, '/', tar, { copyUidGid: true, keepKinds: keepsDirectories });
}
