import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewLayer } from '../../image/ingest-types.ts';

/** What a step made, as it is kept: the difference to what it was based on. */
export interface StepResult {
  readonly id: string;
  /** Keys it is found by. */
  readonly keys: readonly string[];
  /** RFC 3339: when it was made. */
  readonly created: string;
  readonly description: string;
  /** Of something that was fetched: what its sender said of it. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The layers it became, by the DiffIDs of the image's layers below. */
  readonly layers: readonly { readonly below: readonly string[]; readonly layer: NewLayer }[];
}

/** A place for a step's result while it is made. */
export interface StepPlace {
  readonly id: string;
  /** The upper directory of its overlay, or the tree itself. */
  readonly diff: string;
  readonly work: string;
  /** An empty directory to mount at. */
  readonly mountPoint: string;
  /** For what only this step needs. */
  readonly scratch: string;
}

/** Results of steps on disk, shared by all builds of an engine, and the directories of cache mounts. */
export interface CacheStore {
  find(key: string): StepResult | undefined;
  /** The directory with a result's files. */
  directory(result: StepResult): string;
  begin(): Promise<StepPlace>;
  /** Keeps what was made; found by the keys from now on, also after a crash. */
  keep(
    place: StepPlace,
    made: Pick<StepResult, 'keys' | 'description' | 'created' | 'facts'>,
  ): Promise<StepResult>;
  /** Gives up what was begun. Idempotent. */
  drop(place: StepPlace): Promise<void>;
  /** Lets a result be found by one more key, or remembers a layer that it became. */
  update(
    result: StepResult,
    more: { readonly key?: string; readonly layer?: StepResult['layers'][number] },
  ): Promise<StepResult>;
  /** The directory of a cache mount; made by the caller when it is missing. */
  mount(id: string): string;
  /** An empty directory that stands for `scratch`. */
  readonly empty: string;
  /** Takes away all results and cache mounts that no build uses. Returns ids. */
  prune(inUse: ReadonlySet<string>): Promise<readonly string[]>;
}

/**
 * Opens the store below `root`; what a crash left half-made is taken away.
 * @param sync waits until what was written below a path is on disk
 */
export function openCacheStore(root: string, sync: (path: string) => Promise<void>): CacheStore {
  const steps = join(root, 's');
  const temporary = join(root, 'tmp');
  const mounts = join(root, 'mounts');
  const empty = join(root, 'empty');
  rmSync(temporary, { recursive: true, force: true });
  for (const path of [root, steps, temporary, mounts]) mkdirSync(path, { recursive: true, mode: 0o700 });
  mkdirSync(empty, { recursive: true, mode: 0o755 });
  const byKey = new Map<string, string>();
  const results = new Map<string, StepResult>();
  const remember = (result: StepResult): StepResult => {
    results.set(result.id, result);
    for (const key of result.keys) byKey.set(key, result.id);
    return result;
  };
  for (const id of readdirSync(steps)) {
    const result = readResult(join(steps, id, 'step.json'));
    if (result?.id === id) remember(result);
    else rmSync(join(steps, id), { recursive: true, force: true });
  }

  async function write(directory: string, result: StepResult): Promise<void> {
    const file = join(directory, 'step.json');
    await writeFile(`${file}.new`, `${JSON.stringify(result)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  return {
    find: (key) => results.get(byKey.get(key) ?? ''),
    directory: ({ id }) => join(steps, id, 'diff'),
    async begin() {
      const id = randomBytes(5).toString('hex');
      const place = {
        id,
        diff: join(temporary, id, 'diff'),
        work: join(temporary, id, 'work'),
        mountPoint: join(temporary, id, 'root'),
        scratch: join(temporary, id, 'scratch'),
      };
      await mkdir(place.diff, { recursive: true, mode: 0o755 });
      for (const path of [place.work, place.mountPoint, place.scratch]) await mkdir(path, { mode: 0o755 });
      return place;
    },
    async keep(place, made) {
      const directory = join(temporary, place.id);
      for (const path of [place.work, place.mountPoint, place.scratch])
        await rm(path, { recursive: true, force: true });
      const result = { id: place.id, ...made, layers: [] };
      await write(directory, result);
      // A result may be taken for complete only when all of it is on the disk.
      await sync(directory);
      await rename(directory, join(steps, place.id));
      return remember(result);
    },
    drop: (place) => rm(join(temporary, place.id), { recursive: true, force: true }),
    async update(result, { key, layer }) {
      const now = results.get(result.id) ?? result;
      const next = {
        ...now,
        keys: key === undefined || now.keys.includes(key) ? now.keys : [...now.keys, key],
        layers: layer === undefined ? now.layers : [...now.layers, layer],
      };
      await write(join(steps, result.id), next);
      return remember(next);
    },
    mount: (id) => join(mounts, id),
    empty,
    async prune(inUse) {
      const gone = [...results.keys()].filter((id) => !inUse.has(id));
      for (const id of gone) {
        for (const key of results.get(id)?.keys ?? []) if (byKey.get(key) === id) byKey.delete(key);
        results.delete(id);
        await rename(join(steps, id), join(temporary, `gone-${id}`));
        await rm(join(temporary, `gone-${id}`), { recursive: true, force: true });
      }
      for (const id of inUse.size > 0 ? [] : readdirSync(mounts))
        await rm(join(mounts, id), { recursive: true, force: true });
      return gone;
    },
  };
}

function readResult(file: string): StepResult | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StepResult;
  } catch {
    return undefined;
  }
}
