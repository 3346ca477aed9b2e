import { createHash } from 'node:crypto';

/** Algorithms of the OCI image specification that registries use, with the number of hexadecimal digits. */
const algorithms: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Whether a text is a digest with a known algorithm: only such a text may become part of a path or an address. */
export function isDigest(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const colon = text.indexOf(':');
  const length = algorithms[text.slice(0, colon)];
  const hex = text.slice(colon + 1);
  return length !== undefined && hex.length === length && /^[0-9a-f]+$/.test(hex);
}

/** The digest of `bytes` with the algorithm of the digest `like`, by default sha256. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = like.slice(0, like.indexOf(':'));
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
