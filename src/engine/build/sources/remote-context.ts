import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOfUrl } from '../../../build/plan/remote-source.ts';
import type { RemoteSource } from '../../../build/plan/types.ts';
import type { ContextPlace } from '../../../build/source/context-place.ts';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath, textOfPath } from '../../../confined/names.ts';
import { TcomposeError } from '../../../errors.ts';
import type { ArchiveSpec, JobRunner } from '../../../image/jobs/job-types.ts';
import { unpackInto } from '../../archive/unpack.ts';
import type { CacheLease, StepResult } from '../cache/cache-types.ts';
import type { Fetched } from './fetch-types.ts';

/** A context that was fetched: a directory that only the engine changes, or just a Dockerfile. */
export type RemoteContext =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'dockerfile'; readonly text: string };

interface Surroundings {
  readonly fetch: (source: RemoteSource) => Promise<Fetched>;
  readonly cache: CacheLease;
  readonly jobs: JobRunner<ArchiveSpec>;
  readonly warn: (message: string) => void;
}

/** Fetches a context from another machine. @throws TcomposeError BUILD_STEP, BUILD_CONTEXT */
export async function fetchContext(
  place: Extract<ContextPlace, { kind: 'git' | 'http' }>,
  around: Surroundings,
): Promise<RemoteContext> {
  const { fetch, cache } = around;
  if (place.kind === 'git') {
    const { result } = await fetch(place.source);
    return { kind: 'directory', path: below(cache.directory(result), place.subdir) };
  }
  const name = nameOfUrl(place.url);
  const { result } = await fetch({ kind: 'http', url: place.url, name, checksum: undefined });
  const file = join(cache.directory(result), name);
  if (isArchive(file)) {
    const tree = await unpacked(file, result, around);
    return { kind: 'directory', path: cache.directory(tree) };
  }
  return { kind: 'dockerfile', text: await readFile(file, 'utf8') };
}

/** A directory of a tree; links in its path are followed only inside the tree. */
function below(top: string, subdir: string): string {
  const root = ConfinedDirectory.at(top);
  try {
    const entry = root.find(bytesOfPath(subdir.replace(/^\/+|\/+$/g, '')), true);
    entry?.close();
    if (entry?.stat.isDirectory() !== true)
      throw new TcomposeError('BUILD_CONTEXT', `subdir ${subdir} is not a directory of the repository`);
    return join(top, textOfPath(entry.path));
  } finally {
    root.close();
  }
}

const marks: readonly Buffer[] = [
  Buffer.from([0x1f, 0x8b, 0x08]),
  Buffer.from([0x42, 0x5a, 0x68]),
  Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
];

/** Detects a compressed file or a tar by its first bytes. */
function isArchive(file: string): boolean {
  const head = Buffer.alloc(512);
  const fd = openSync(file, 'r');
  try {
    const length = readSync(fd, head, 0, head.length, 0);
    if (marks.some((mark) => head.subarray(0, mark.length).equals(mark))) return true;
    return length === 512 && /^ustar/.test(head.toString('latin1', 257, 262));
  } finally {
    closeSync(fd);
  }
}

/** The tree of a fetched archive; each is unpacked once. */
async function unpacked(
  file: string,
  source: StepResult,
  { cache, jobs, warn }: Surroundings,
): Promise<StepResult> {
  const key = createHash('sha256')
    .update(JSON.stringify(['unpacked', source.id]))
    .digest('hex');
  const known = cache.find(key);
  if (known !== undefined) return known;
  const place = await cache.begin();
  try {
    const directory = ConfinedDirectory.at(place.diff);
    try {
      const root = { directory, readOnly: new Map() };
      await unpackInto(jobs, root, '', createReadStream(file), { noOverwriteDirNonDir: false, warn });
    } finally {
      directory.close();
    }
    const { created, description } = source;
    return await cache.keep(place, {
      keys: [key],
      created,
      description: `${description} (unpacked)`,
      parents: [source.id],
      facts: {},
    });
  } finally {
    await cache.drop(place);
  }
}
