import { createHash } from 'node:crypto';

/** `sha256:<64 hex>` of bytes or UTF-8 text. */
export function sha256(data: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** The hexadecimal part of a digest. */
export const hexOf = (digest: string): string => digest.slice(digest.indexOf(':') + 1);

/** Identity of a stack of layers (OCI image-spec, "Layer ChainID"), for each layer from the bottom. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : sha256(`${below} ${diffId}`));
  }
  return chain;
}
