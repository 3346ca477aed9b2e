/** How many more pulls a registry allows, in Docker Hub's form: `76;w=21600`. */
export interface RateLimit {
  readonly limit: number | undefined;
  readonly remaining: number;
  /** Length of the window to which the count applies, in seconds. */
  readonly windowSeconds: number | undefined;
}

/** The count from an answer's `RateLimit-Limit` and `RateLimit-Remaining`; undefined without them. */
export function parseRateLimit(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): RateLimit | undefined {
  const remaining = parse(headers['ratelimit-remaining']);
  if (remaining === undefined) return undefined;
  const limit = parse(headers['ratelimit-limit']);
  return {
    limit: limit?.count,
    remaining: remaining.count,
    windowSeconds: remaining.windowSeconds ?? limit?.windowSeconds,
  };
}

function parse(
  header: string | string[] | undefined,
): { count: number; windowSeconds: number | undefined } | undefined {
  const match = /^\s*(\d+)(?:.*?;\s*w=(\d+))?/.exec(String(header ?? ''));
  if (match === null) return undefined;
  return { count: Number(match[1]), windowSeconds: match[2] === undefined ? undefined : Number(match[2]) };
}
