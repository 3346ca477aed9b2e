import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskUsage } from '../../../confined/disk-usage.ts';
import type { CacheEntry } from './cache-types.ts';

const noteEnding = '.txt';

/** The directories of cache mounts, each with a note that describes it. */
export class CacheMounts {
  readonly #root: string;
  readonly #used: (id: string) => boolean;

  /** @param used whether a step is using the mount */
  constructor(root: string, used: (id: string) => boolean) {
    this.#root = root;
    this.#used = used;
    mkdirSync(root, { recursive: true, mode: 0o700 });
  }

  directory(id: string): string {
    return join(this.#root, id);
  }

  /** Also records that it was used now. */
  note(id: string, description: string): void {
    writeFileSync(join(this.#root, `${id}${noteEnding}`), description, { mode: 0o600 });
  }

  async entries(): Promise<readonly CacheEntry[]> {
    const ids = readdirSync(this.#root).filter((name) => /^[\da-f]+(?:-\d+)?$/.test(name));
    return Promise.all(
      ids.map(async (id) => {
        const note = join(this.#root, `${id}${noteEnding}`);
        const { birthtimeMs } = statSync(this.directory(id));
        return {
          id,
          kind: 'mount' as const,
          description: textOf(note) ?? 'cache mount',
          parents: [],
          created: birthtimeMs,
          used: statSync(note, { throwIfNoEntry: false })?.mtimeMs ?? birthtimeMs,
          size: await diskUsage(this.directory(id)),
          uses: 0,
          inUse: this.#used(id),
        };
      }),
    );
  }

  /** @param away a path that does not exist yet, to move the directory to before it is deleted */
  async remove(id: string, away: string): Promise<boolean> {
    if (this.#used(id) || !statSync(this.directory(id), { throwIfNoEntry: false })) return false;
    await rename(this.directory(id), away);
    await rm(join(this.#root, `${id}${noteEnding}`), { force: true });
    await rm(away, { recursive: true, force: true });
    return true;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
