import type { ImageContent } from '../../../image/index.ts';

/** A small blob of the store as a whole; undefined when it is missing or longer than `limit` bytes. */
export async function readBlob(
  content: Pick<ImageContent, 'openBlob'>,
  digest: string,
  limit: number,
): Promise<Buffer | undefined> {
  const blob = await content.openBlob(digest);
  if (blob === undefined) return undefined;
  try {
    if (blob.size > limit) return undefined;
    const parts: Uint8Array[] = [];
    for await (const part of blob.stream()) parts.push(part);
    return Buffer.concat(parts);
  } finally {
    await blob.close();
  }
}
