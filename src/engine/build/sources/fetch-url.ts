import { createHash } from 'node:crypto';
import { createWriteStream, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RemoteSource } from '../../../build/plan/types.ts';
import { TcomposeError } from '../../../errors.ts';
import type { Instant } from '../../clock.ts';
import { rfc3339 } from '../../time-text.ts';
import type { CacheLease, StepResult } from '../cache/cache-types.ts';
import { type Downloads, shown } from './downloads.ts';
import type { FetchAs, Fetched } from './fetch-types.ts';

type HttpSource = Extract<RemoteSource, { kind: 'http' }>;

interface Surroundings {
  readonly now: () => Instant;
  /** Called when the download is complete and not yet kept. */
  readonly fetched: () => void;
  readonly downloads: Downloads;
}

const keyOf = (...parts: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify(['http', ...parts]))
    .digest('hex');

/**
 * A file of the web as a tree with only that file: mode 0600, owned by root, with the time of `Last-Modified` or the
 * epoch. A file that is here by its checksum is not requested; a file that was fetched before is revalidated by its
 * ETag or time.
 * @throws TcomposeError BUILD_STEP
 */
export async function fetchUrl(source: HttpSource, as: FetchAs, around: Surroundings): Promise<Fetched> {
  const { downloads } = around;
  const { cache } = as;
  const { url, name, checksum } = source;
  const bySum = checksum === undefined ? undefined : cache.find(keyOf('sum', url, name, checksum));
  if (bySum !== undefined) return { result: bySum, cached: true };
  const last = cache.find(keyOf('last', url, name));
  const answer = await downloads(url, conditions(last), {
    verified: checksum !== undefined,
    signal: as.signal,
  });
  if (answer.status === 304 && last !== undefined) {
    answer.discard();
    if (checksum === undefined || last.facts?.digest === checksum) return { result: last, cached: true };
    throw mismatch(last.facts?.digest ?? '', checksum);
  }
  if (answer.status < 200 || answer.status >= 300) {
    answer.discard();
    throw new TcomposeError('BUILD_STEP', `invalid response status ${answer.status}`, {
      hint: `${shown(url)} was asked for.`,
    });
  }
  return { result: await keep(source, answer, cache, around), cached: false };
}

function conditions(last: StepResult | undefined): Readonly<Record<string, string>> {
  const { etag, modified } = last?.facts ?? {};
  if (etag !== undefined) return { 'if-none-match': etag };
  return modified === undefined ? {} : { 'if-modified-since': modified };
}

const mismatch = (got: string, wanted: string): TcomposeError =>
  new TcomposeError('BUILD_STEP', `digest mismatch ${got}: ${wanted}`, {
    hint: 'The first is the checksum of what was fetched, the second the one that --checksum gives.',
  });

async function keep(
  { url, name, checksum }: HttpSource,
  answer: Awaited<ReturnType<Downloads>>,
  cache: CacheLease,
  { now, fetched }: Surroundings,
): Promise<StepResult> {
  const place = await cache.begin();
  try {
    const algorithm = checksum?.split(':')[0] ?? 'sha256';
    const hash = createHash(algorithm);
    const path = join(place.diff, name);
    const tee = async function* () {
      for await (const piece of answer.body) {
        hash.update(piece);
        yield piece;
      }
    };
    await pipeline(Readable.from(tee()), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    const digest = `${algorithm}:${hash.digest('hex')}`;
    if (checksum !== undefined && checksum !== digest) throw mismatch(digest, checksum);
    const { etag, 'last-modified': modified } = answer.headers;
    const time = Date.parse(modified ?? '');
    const seconds = Number.isNaN(time) ? 0 : time / 1000;
    utimesSync(path, seconds, seconds);
    const facts = {
      digest,
      ...(etag === undefined ? {} : { etag }),
      ...(modified === undefined ? {} : { modified }),
    };
    const keys = [
      keyOf('last', url, name),
      ...(checksum === undefined ? [] : [keyOf('sum', url, name, checksum)]),
    ];
    fetched();
    return await cache.keep(place, { keys, description: shown(url), created: rfc3339(now()), facts });
  } finally {
    await cache.drop(place);
  }
}
