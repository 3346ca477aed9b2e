/** Newest API version of this engine; a client outside the range gets Docker's message. */
export const apiVersion = '1.51';

/** Oldest API version that a client may use. */
export const minApiVersion = '1.24';

/** Splits `/v1.47/containers/json` into the API version and the rest; no prefix means the newest version. */
export function splitVersion(path: string): { readonly version: string | undefined; readonly rest: string } {
  const match = /^\/v(\d+\.\d+)(\/.*)$/.exec(path);
  return match === null ? { version: undefined, rest: path } : { version: match[1], rest: match[2]! };
}

/** Compares `1.9` and `1.47` as versions; negative when a is older. */
export function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}
