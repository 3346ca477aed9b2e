/** What a registry does wrong, in the words of the program that does it. */
export interface Faults {
  readonly blob?: readonly BlobFault[];
  readonly manifest?: object;
  readonly [name: string]: unknown;
}

interface BlobFault {
  readonly match: 'layer:1' | 'config' | '*';
  readonly times?: number;
  readonly fault: string;
  readonly [name: string]: unknown;
}

type Named = Readonly<Record<string, Faults>>;

const entrances: Named = {
  basic: { auth: 'basic' },
  bearer: { auth: 'bearer' },
  'no scope told': { auth: 'bearer', scopeless: true },
  'tokens for one request': { auth: 'bearer', tokenExpire: 1 },
  'tokens elsewhere': { auth: 'bearer', realmHost: 'other' },
  access_token: { auth: 'bearer', tokenField: 'access_token', expiresIn: 0 },
  'Basic offered first': { auth: 'bearer+basic-challenge' },
};
const manifests: Named = {
  'HEAD 405': { manifest: { head: 405 } },
  'HEAD without length': { manifest: { head: 'no-length' } },
  'no type': { manifest: { noContentType: true } },
  'no digest': { manifest: { noDigest: true } },
  'wrong digest': { manifest: { wrongDigest: true } },
  'manifest 503 once': { manifest: { status: 503, times: 1 } },
  'manifest 429 once': { manifest: { status: 429, times: 1, retryAfter: 0 } },
  'manifest corrupt once': { manifest: { corrupt: 1 } },
  'manifest cut off once': { manifest: { close: 1 } },
  'manifest stalls once': { manifest: { stall: 1 } },
  'manifest in chunks': { manifest: { chunked: true } },
};
const ranges: Named = {
  'no ranges': { range: false },
  'ranges at a wrong offset': { range: 'wrong-offset' },
  'ranges refused': { range: '416' },
  'no Content-Range': { range: 'no-content-range' },
};
const blobRules: Readonly<Record<string, BlobFault>> = {
  'cut off': { match: 'layer:1', fault: 'close', times: 2 },
  stalling: { match: 'layer:1', fault: 'stall', times: 1 },
  'too short': { match: 'layer:1', fault: 'truncate', times: 1 },
  'announced too long': { match: 'layer:1', fault: 'long-length', times: 2 },
  'announced too short': { match: 'layer:1', fault: 'short-length', times: 1 },
  'with more behind': { match: '*', fault: 'extra' },
  'corrupt once': { match: 'layer:1', fault: 'corrupt', times: 1 },
  'configuration corrupt once': { match: 'config', fault: 'corrupt', times: 1 },
  'empty once': { match: 'layer:1', fault: 'empty', times: 1 },
  'a web page once': { match: 'layer:1', fault: 'html', times: 1 },
  'in chunks': { match: '*', fault: 'chunked' },
  encoded: { match: '*', fault: 'gzip-encoding' },
  '503 once': { match: '*', fault: 'status', status: 503, times: 1 },
  elsewhere: { match: '*', fault: 'redirect' },
  'on another port': { match: '*', fault: 'redirect', to: 'other' },
  'on another page': { match: '*', fault: 'redirect', to: 'self' },
  'corrupt for good': { match: 'layer:1', fault: 'corrupt' },
  missing: { match: 'layer:1', fault: 'status', status: 404 },
  'round in circles': { match: 'layer:1', fault: 'redirect-loop' },
};
const blobs: Named = Object.fromEntries(
  Object.entries(blobRules).map(([name, rule]) => [`blob ${name}`, { blob: [rule] }]),
);

const groups = { entrances, manifests, ranges, blobs };

/** Faults that pass before those that last, which would hide them. */
const inTurn = (rules: readonly BlobFault[]): BlobFault[] => [
  ...rules.filter(({ times }) => times !== undefined),
  ...rules.filter(({ times }) => times === undefined),
];

/** A case: its name in words, and its faults. */
export type FaultCase = readonly [string, Faults];

/** Each fault by itself. */
export const singleFaults: readonly FaultCase[] = Object.values(groups).flatMap((group) =>
  Object.entries(group),
);

/** All pairs of faults that can be had at once, by what their faults are about: `manifests and blobs`. */
export const faultPairs: ReadonlyMap<string, readonly FaultCase[]> = pairs();

function pairs(): Map<string, FaultCase[]> {
  const found = new Map<string, FaultCase[]>();
  const named = Object.entries(groups);
  for (const [at, [first, ones]] of named.entries())
    for (const [second, others] of named.slice(at)) {
      const cases = Object.entries(ones).flatMap((one, index) =>
        Object.entries(others)
          .slice(first === second ? index + 1 : 0)
          .flatMap((other) => merged(one, other) ?? []),
      );
      if (cases.length > 0) found.set(`${first} and ${second}`, cases);
    }
  return found;
}

/** Two cases as one; none where both say something different of the same thing. */
function merged([one, first]: FaultCase, [other, second]: FaultCase): [FaultCase] | undefined {
  const all: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    if (key === 'blob' && all.blob !== undefined) all.blob = inTurn([...(first.blob ?? []), ...second.blob!]);
    else if (key === 'manifest' && all.manifest !== undefined) {
      if (Object.keys(value as object).some((part) => Object.hasOwn(all.manifest as object, part)))
        return undefined;
      all.manifest = { ...(all.manifest as object), ...(value as object) };
    } else if (all[key] !== undefined && all[key] !== value) return undefined;
    else all[key] = value;
  }
  return [[`${one} and ${other}`, all]];
}
