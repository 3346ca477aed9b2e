import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepResult } from './cache-types.ts';

/** Milliseconds during which the use of a result is written only once. */
const usePrecision = 60_000;

/** When a result was used last, and how often. */
interface Use {
  /** Milliseconds since the epoch. */
  at: number;
  times: number;
}

/**
 * The results of steps by id and key: in memory, and as `step.json` beside their files; the time of that file is the
 * last use.
 */
export class CacheIndex {
  readonly #root: string;
  readonly #now: () => number;
  readonly #byKey = new Map<string, string>();
  readonly #byLineage = new Map<string, string>();
  readonly #writing = new Map<string, Promise<void>>();
  readonly #results = new Map<string, StepResult>();
  readonly #uses = new Map<string, Use>();

  /**
   * Reads what is there; what is damaged, or was not yet on the disk when the machine went down, is removed.
   * @param boot the boot of the machine
   */
  constructor(root: string, boot: string, now: () => number) {
    this.#root = root;
    this.#now = now;
    mkdirSync(root, { recursive: true, mode: 0o700 });
    const found: StepResult[] = [];
    for (const id of readdirSync(root)) {
      const result = readResult(join(root, id, 'step.json'));
      if (result?.id === id && (result.boot === undefined || result.boot === boot)) found.push(result);
      else rmSync(join(root, id), { recursive: true, force: true });
    }
    // Of two results with the same key the newer one is used, as before.
    found.sort((a, b) => (a.created < b.created ? -1 : 1));
    for (const result of found) {
      this.#uses.set(result.id, { at: statSync(this.#file(result.id)).mtimeMs, times: 0 });
      this.#remember(result);
      this.#follow(result);
    }
  }

  get all(): Iterable<StepResult> {
    return this.#results.values();
  }

  get(id: string): StepResult | undefined {
    return this.#results.get(id);
  }

  /** Counts as a use of the result. */
  find(key: string): StepResult | undefined {
    const result = this.#results.get(this.#byKey.get(key) ?? '');
    if (result !== undefined) this.#touch(result.id);
    return result;
  }

  /** The latest copy in a lineage. */
  like(lineage: string): StepResult | undefined {
    return this.#results.get(this.#byLineage.get(lineage) ?? '');
  }

  use(id: string): Readonly<Use> {
    return this.#uses.get(id) ?? { at: 0, times: 0 };
  }

  directory(id: string): string {
    return join(this.#root, id);
  }

  add(result: StepResult): StepResult {
    this.#uses.set(result.id, { at: this.#now(), times: 0 });
    this.#follow(result);
    return this.#remember(result);
  }

  /**
   * Rewrites a result; its last use stays. When several builds do so, one waits for the other and starts from its
   * outcome.
   * @param change is applied to the result as it is by then
   */
  async replace(result: StepResult, change: (now: StepResult) => StepResult): Promise<StepResult> {
    const { id } = result;
    const before = this.#writing.get(id) ?? Promise.resolve();
    const written = before.then(async () => {
      const next = change(this.#results.get(id) ?? result);
      await writeResult(this.directory(id), next);
      const { at } = this.use(id);
      utimesSync(this.#file(id), at / 1000, at / 1000);
      return this.#remember(next);
    });
    const over = written.then(
      () => undefined,
      () => undefined,
    );
    this.#writing.set(id, over);
    void over.then(() => {
      if (this.#writing.get(id) === over) this.#writing.delete(id);
    });
    return written;
  }

  forget(id: string): void {
    const { keys = [], copy } = this.#results.get(id) ?? {};
    for (const key of keys) if (this.#byKey.get(key) === id) this.#byKey.delete(key);
    if (copy !== undefined && this.#byLineage.get(copy.lineage) === id) this.#byLineage.delete(copy.lineage);
    this.#results.delete(id);
    this.#uses.delete(id);
  }

  #remember(result: StepResult): StepResult {
    this.#results.set(result.id, result);
    for (const key of result.keys) this.#byKey.set(key, result.id);
    return result;
  }

  #follow({ id, copy }: StepResult): void {
    if (copy !== undefined) this.#byLineage.set(copy.lineage, id);
  }

  #touch(id: string): void {
    const use = this.#uses.get(id) ?? { at: 0, times: 0 };
    this.#uses.set(id, use);
    use.times++;
    const now = this.#now();
    const before = use.at;
    use.at = now;
    if (now - before > usePrecision) utimesSync(this.#file(id), now / 1000, now / 1000);
  }

  #file(id: string): string {
    return join(this.#root, id, 'step.json');
  }
}

export async function writeResult(directory: string, result: StepResult): Promise<void> {
  const file = join(directory, 'step.json');
  await writeFile(`${file}.new`, `${JSON.stringify(result)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function readResult(file: string): StepResult | undefined {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as StepResult;
    // Results from before results named their parents are not used: the order in which to remove them would be unknown.
    return Array.isArray(value.parents) && Array.isArray(value.keys) ? value : undefined;
  } catch {
    return undefined;
  }
}
