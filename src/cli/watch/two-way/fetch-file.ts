import { createHash } from 'node:crypto';
import { tolerate } from '../../../engine/client/api-failure.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TarReader } from '../../../tar/tar-reader.ts';
import { textOfBytes } from '../../../watch/change.ts';
import { fileOf } from '../standing.ts';

/** Size in bytes of the largest file that is fetched from a container: it is held in memory. */
export const largestFetched = 64 * 1024 * 1024;

interface Fetched {
  readonly content: Buffer;
  readonly mode: number;
  /** Its value in a Standing. */
  readonly what: string;
}

/** A file of a container; undefined when it is gone by now, or too large. @throws TcomposeError of the engine */
export async function fetchFile(
  client: EngineClient,
  id: string,
  path: string,
): Promise<Fetched | undefined> {
  const answer = await tolerate(client.containers.getArchive(id, textOfBytes(path)), 404);
  if (answer === undefined) return undefined;
  const reader = new TarReader(answer, { mayBeEmpty: true });
  try {
    const entry = await reader.next();
    if (entry?.type !== 'file' || entry.size > largestFetched) return undefined;
    const parts: Buffer[] = [];
    for (let piece = await reader.read(); piece !== undefined; piece = await reader.read())
      parts.push(Buffer.from(piece));
    const content = Buffer.concat(parts);
    const hash = createHash('sha256').update(content).digest('hex');
    return { content, mode: entry.mode, what: fileOf(content.length, hash) };
  } finally {
    answer.destroy();
  }
}
