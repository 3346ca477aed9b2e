import { type ChildProcess, spawn } from 'node:child_process';
import { textOfBytes } from '../../watch/change.ts';
import { commands, RecordReader, type WatchRecord } from '../../watch/records.ts';

interface WatcherOptions {
  /** The binary that watches (`tcompose-shim`). */
  readonly binary: string;
  /** Absolute paths to watch, bytes in latin1, none inside another. */
  readonly paths: readonly string[];
  /** Whether to enter a directory. */
  readonly enters: (directory: string) => boolean;
  /** Poll everything at intervals instead of relying on the kernel. */
  readonly poll: boolean;
  /** Called with all records of one read. */
  readonly onRecords: (records: readonly WatchRecord[]) => void;
  /**
   * The process ended by itself, and another one has replaced it: changes since then (milliseconds since the epoch) may
   * not have been reported.
   */
  readonly onRestart: (since: number) => void;
  readonly onGivenUp: (why: string) => void;
}

/**
 * Milliseconds before the last message of a watcher that ended, from which on to look for changes: it may not have
 * reported them.
 */
const margin = 100;
/** Restarts within this time, in milliseconds, after which to give up. */
const mostRestarts = { count: 20, within: 10_000 };

/**
 * A process that watches: it takes the kernel's events at once, whatever this process is busy with. Ends with this
 * process, even if that is killed, because its standard input ends.
 */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #restarts: number[] = [];
  #paths: readonly string[];
  #child: ChildProcess;
  #closed = false;
  #ready: () => void = () => {};
  #lastHeard = Date.now();
  #lostSince: number | undefined;
  /** Resolves when everything is being watched. */
  readonly ready: Promise<void>;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#paths = options.paths;
    this.ready = new Promise((resolve) => {
      this.#ready = resolve;
    });
    this.#child = this.#spawn();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Watches these paths from now on, instead of the previous ones. */
  change(paths: readonly string[]): void {
    for (const path of this.#paths) if (!paths.includes(path)) this.#say(commands.stop(path));
    for (const path of paths) if (!this.#paths.includes(path)) this.#say(commands.watch(path));
    this.#paths = paths;
    this.#say(commands.go());
  }

  /** Ends the process; idempotent. */
  close(): void {
    this.#closed = true;
    this.#child.stdin?.end();
    this.#child.unref();
  }

  #spawn(): ChildProcess {
    const { binary, poll } = this.#options;
    // In a process group of its own: an interrupt from the keyboard is meant only for this process.
    const child = spawn(binary, ['watch'], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    this.#child = child;
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    child.stdin?.on('error', () => {});
    const reader = new RecordReader();
    child.stdout?.on('data', (piece: Buffer) => this.#received(reader.read(piece)));
    child.once('error', (error) => this.#ended(error.message));
    child.once('exit', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    if (poll) this.#say(commands.poll());
    for (const path of this.#paths) this.#say(commands.watch(path));
    this.#say(commands.go());
    return child;
  }

  #received(records: readonly WatchRecord[]): void {
    if (this.#closed) return;
    if (this.#lostSince === undefined) this.#lastHeard = Date.now();
    const answers: Buffer[] = [];
    for (const record of records) {
      if (record.type === 'ask') answers.push(commands.answer(record.id, this.#options.enters(record.path)));
      if (record.type === 'ready') this.#isReady();
    }
    if (answers.length > 0) this.#say(Buffer.concat(answers));
    this.#options.onRecords(records);
  }

  #isReady(): void {
    this.#ready();
    const since = this.#lostSince;
    this.#lostSince = undefined;
    if (since !== undefined) this.#options.onRestart(since);
  }

  #say(bytes: Buffer): void {
    if (this.#child.stdin?.writable === true) this.#child.stdin.write(bytes);
  }

  #ended(why: string): void {
    if (this.#closed) return;
    const now = performance.now();
    this.#restarts.push(now);
    const lately = this.#restarts.filter((at) => at > now - mostRestarts.within).length;
    if (lately > mostRestarts.count) {
      this.#closed = true;
      this.#options.onGivenUp(why);
      return;
    }
    // What it was about to report is reported twice rather than never.
    this.#lostSince ??= this.#lastHeard - margin;
    this.#spawn();
  }
}

/** A path in readable form: relative to the current directory if it is below. */
export function shownPath(path: string, cwd: string): string {
  const text = textOfBytes(path);
  if (text === cwd) return '.';
  return text.startsWith(`${cwd}/`) ? text.slice(cwd.length + 1) : text;
}
