import { engineProgram } from '../../../engine/client/engine-paths.ts';
import { TcomposeError } from '../../../errors.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import { type Change, isAtOrBelow } from '../../../watch/change.ts';
import { Debounce } from '../../../watch/debounce.ts';
import { topmost, type WatchRecord } from '../../../watch/records.ts';
import { listChanges } from '../list-items.ts';
import { shownPath, Watcher } from '../watcher.ts';
import { Edits } from './edits.ts';
import type { RuleSet } from './rule-set.ts';
import type { SessionOptions } from './session-options.ts';
import { tellTrouble } from './trouble.ts';

interface WatchedFilesOptions extends Pick<SessionOptions, 'emit' | 'now' | 'cwd' | 'env'> {
  readonly rules: RuleSet;
  /** Files that define the project. */
  readonly described: readonly string[];
  /** What was put into containers. */
  readonly known: () => readonly SyncItem[];
  /** Called when something may be due. */
  readonly look: () => void;
  /** Called when watching is no longer possible. */
  readonly giveUp: (error: Error) => void;
}

/** How many directories are watched, and how many of them by polling. */
interface Counts {
  readonly directories: number;
  readonly polled: number;
}

/** The files that rules and the configuration refer to: records their changes until they are taken. */
export class WatchedFiles {
  readonly #options: WatchedFilesOptions;
  readonly #watcher: Watcher;
  readonly changes: Debounce;
  readonly edits = new Edits();
  #counts: Counts | undefined;
  #limit: WatchRecord | undefined;

  constructor(options: WatchedFilesOptions) {
    this.#options = options;
    this.edits.follow(options.described);
    this.changes = new Debounce((change) => options.rules.weigh(change));
    this.#watcher = new Watcher({
      binary: engineProgram().shim,
      paths: this.paths(),
      enters: (directory) => this.#enters(directory),
      poll: /^(1|true|yes)$/i.test(options.env.TCOMPOSE_WATCH_POLL ?? ''),
      onRecords: (records) => this.#received(records),
      onRestart: (since) => void this.#changedSince(since),
      onGivenUp: (why) =>
        options.giveUp(
          new TcomposeError('CLI_WATCH', `the process that watches files ended again and again (${why})`, {
            hint: 'TCOMPOSE_WATCH_POLL=1 checks the files at intervals instead of asking the kernel.',
          }),
        ),
    });
  }

  /** Resolves when everything is being watched. */
  get ready(): Promise<void> {
    return this.#watcher.ready;
  }

  get counts(): Counts {
    return this.#counts ?? { directories: 0, polled: 0 };
  }

  /** When something is due; infinity: nothing is. */
  due(): number {
    return Math.min(this.changes.due() ?? Number.POSITIVE_INFINITY, this.edits.due());
  }

  /** The watched paths: none is inside another. */
  paths(): readonly string[] {
    return topmost([...this.#options.rules.all.map(({ path }) => path), ...this.edits.files]);
  }

  /** The rules have changed, and `described` are the files that define the project. */
  follow(described: readonly string[]): void {
    this.edits.follow(described);
    this.#watcher.change(this.paths());
  }

  /** These changes count as if they had just been noticed. */
  add(changes: readonly Change[]): void {
    this.#received(changes.map((change) => ({ type: 'change', change })));
  }

  close(): void {
    this.#watcher.close();
  }

  #received(records: readonly WatchRecord[]): void {
    const { rules, now, look } = this.#options;
    const at = now();
    for (const record of records) {
      if (record.type === 'change') {
        const { path } = record.change;
        if (rules.triggers(path)) this.changes.add(record.change, at);
        if (rules.describes(path)) this.edits.note(path, at);
      } else if (record.type === 'ready') this.#isReady(record);
      // The number wanted is known when all have been seen.
      else if (record.type === 'limit' && this.#counts === undefined) this.#limit = record;
      else this.#tell(record);
    }
    look();
  }

  #isReady(counts: Extract<WatchRecord, { type: 'ready' }>): void {
    this.#counts = counts;
    if (this.#limit !== undefined) this.#tell(this.#limit, counts.directories);
    this.#limit = undefined;
  }

  #tell(record: WatchRecord, directories?: number): void {
    const { emit, cwd } = this.#options;
    tellTrouble(record, emit, (path) => shownPath(path, cwd), directories);
  }

  #enters(directory: string): boolean {
    return (
      this.#options.rules.reaches(directory) ||
      [...this.edits.files].some((path) => isAtOrBelow(path, directory))
    );
  }

  /** Changes while nobody watched are found by examining the files. */
  async #changedSince(since: number): Promise<void> {
    const { rules, known } = this.#options;
    this.add(await listChanges(rules.all, known(), since));
  }
}
