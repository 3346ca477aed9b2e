import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskUsage } from '../../../confined/disk-usage.ts';
import type { FaultPoint } from '../../fault.ts';
import { CacheIndex, writeResult } from './cache-index.ts';
import { CacheMounts } from './cache-mounts.ts';
import type { CacheEntry, CacheLease, CacheStore, StepPlace, StepResult } from './cache-types.ts';

interface StoreOptions {
  /** The boot of the machine. */
  readonly boot: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Waits until what was written below a path is on disk. */
  readonly sync: (path: string) => Promise<void>;
  /** Whether a step is using the cache mount of this name. */
  readonly mountUsed: (id: string) => boolean;
  /** A point at which a test may interrupt. */
  readonly fault: (point: FaultPoint) => void;
}

/** Opens the store below `root`; what a crash left unfinished is removed. */
export function openCacheStore(root: string, options: StoreOptions): CacheStore {
  return new DiskCache(root, options);
}

class DiskCache implements CacheStore {
  readonly #temporary: string;
  readonly #index: CacheIndex;
  readonly #mounts: CacheMounts;
  readonly #options: StoreOptions;
  readonly #root: string;
  /** How many builds hold a result. */
  readonly #holders = new Map<string, number>();
  readonly empty: string;

  constructor(root: string, options: StoreOptions) {
    this.#root = root;
    this.#options = options;
    this.#temporary = join(root, 'tmp');
    this.empty = join(root, 'empty');
    rmSync(this.#temporary, { recursive: true, force: true });
    for (const path of [root, this.#temporary]) mkdirSync(path, { recursive: true, mode: 0o700 });
    mkdirSync(this.empty, { recursive: true, mode: 0o755 });
    this.#index = new CacheIndex(join(root, 's'), options.boot, options.now);
    this.#mounts = new CacheMounts(join(root, 'mounts'), options.mountUsed);
  }

  lease(): CacheLease {
    const ids = new Set<string>();
    const hold = (result: StepResult): void => {
      if (ids.has(result.id)) return;
      ids.add(result.id);
      this.#holders.set(result.id, (this.#holders.get(result.id) ?? 0) + 1);
    };
    const held = (result: StepResult | undefined): StepResult | undefined => {
      if (result !== undefined) hold(result);
      return result;
    };
    return {
      empty: this.empty,
      hold,
      find: (key) => held(this.#index.find(key)),
      like: (lineage) => held(this.#index.like(lineage)),
      get: (id) => held(this.#index.get(id)),
      directory: ({ id }) => join(this.#index.directory(id), 'diff'),
      notes: ({ id }) => this.#index.directory(id),
      begin: () => this.#begin(),
      keep: async (place, made) => {
        const result = await this.#keep(place, { parents: [], ...made });
        hold(result);
        return result;
      },
      drop: (place) => rm(join(this.#temporary, place.id), { recursive: true, force: true }),
      update: (result, more) => this.#update(result, more),
      mount: (id) => this.#mounts.directory(id),
      noteMount: (id, description) => this.#mounts.note(id, description),
      release: () => {
        for (const id of ids) {
          const left = (this.#holders.get(id) ?? 1) - 1;
          if (left > 0) this.#holders.set(id, left);
          else this.#holders.delete(id);
        }
        ids.clear();
      },
    };
  }

  async entries(): Promise<readonly CacheEntry[]> {
    const steps: CacheEntry[] = [];
    for (const result of [...this.#index.all]) {
      const { id, description, parents, created, facts } = await this.#counted(result);
      const { at, times } = this.#index.use(id);
      steps.push({
        id,
        kind: facts === undefined ? 'step' : 'source',
        description,
        parents,
        created: Date.parse(created),
        used: at,
        size: this.#index.get(id)?.size ?? 0,
        uses: times,
        inUse: this.#holders.has(id),
      });
    }
    return [...steps, ...(await this.#mounts.entries())];
  }

  async remove(ids: ReadonlySet<string>): Promise<readonly string[]> {
    const gone: string[] = [];
    for (const id of ids) {
      const away = join(this.#temporary, `gone-${id}`);
      if (this.#index.get(id) === undefined) {
        if (await this.#mounts.remove(id, away)) gone.push(id);
        continue;
      }
      if (this.#holders.has(id)) continue;
      this.#index.forget(id);
      await rename(this.#index.directory(id), away);
      await rm(away, { recursive: true, force: true });
      gone.push(id);
    }
    return gone;
  }

  async settle(): Promise<void> {
    const open = [...this.#index.all].filter(({ boot }) => boot !== undefined);
    if (open.length === 0) return;
    await this.#options.sync(this.#root);
    for (const { id } of open) {
      const now = this.#index.get(id);
      if (now === undefined) continue;
      const counted = await this.#counted(now);
      const settled = ({ boot: _, ...result }: StepResult): StepResult => result;
      await this.#index.replace(counted, settled).catch(ignoreRemoved);
    }
  }

  async #begin(): Promise<StepPlace> {
    const id = randomBytes(5).toString('hex');
    const at = (name: string): string => join(this.#temporary, id, name);
    const place = {
      id,
      diff: at('diff'),
      work: at('work'),
      mountPoint: at('root'),
      scratch: at('scratch'),
      notes: join(this.#temporary, id),
    };
    await mkdir(place.diff, { recursive: true, mode: 0o755 });
    for (const path of [place.work, place.mountPoint, place.scratch]) await mkdir(path, { mode: 0o755 });
    return place;
  }

  /** The files need not be on the disk yet: syncing would take longer than most steps do. */
  async #keep(place: StepPlace, made: Omit<StepResult, 'id' | 'layers'>): Promise<StepResult> {
    const directory = join(this.#temporary, place.id);
    for (const path of [place.work, place.mountPoint, place.scratch])
      await rm(path, { recursive: true, force: true });
    const result: StepResult = { id: place.id, ...made, layers: [], boot: this.#options.boot };
    await writeResult(directory, result);
    this.#options.fault('build:written');
    await rename(directory, this.#index.directory(place.id));
    this.#options.fault('build:kept');
    return this.#index.add(result);
  }

  async #update(
    result: StepResult,
    { key, layer }: Parameters<CacheLease['update']>[1],
  ): Promise<StepResult> {
    return this.#index.replace(result, (now) => ({
      ...now,
      keys: key === undefined || now.keys.includes(key) ? now.keys : [...now.keys, key],
      layers: layer === undefined ? now.layers : [...now.layers, layer],
    }));
  }

  async #counted(result: StepResult): Promise<StepResult> {
    if (result.size !== undefined) return result;
    const size = await diskUsage(join(this.#index.directory(result.id), 'diff'));
    const now = this.#index.get(result.id);
    if (now === undefined) return { ...result, size };
    return this.#index
      .replace(now, (then) => ({ ...then, size }))
      .catch((error: unknown) => {
        ignoreRemoved(error);
        return { ...now, size };
      });
  }
}

/** The result was removed while it was being updated. */
function ignoreRemoved(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
