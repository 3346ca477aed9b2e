const DIGEST = /@sha256:[0-9a-f]{64}$/;

/**
 * The familiar form of an image reference, as engines list it: `docker.io/library/x` is `x`, and a missing tag is
 * `latest` (Docker's reference rules). Digests and ids stay as they are.
 */
export function familiarReference(reference: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(reference)) return reference;
  const name = reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  if (DIGEST.test(name)) {
    const [repository, digest] = name.split('@') as [string, string];
    return `${repository.replace(/:[^/:]+$/, '')}@${digest}`;
  }
  return /:[^/]+$/.test(name) ? name : `${name}:latest`;
}
