import { type FileHandle, open, stat as statFile } from 'node:fs/promises';

/** One file of a log, held open: rotation renames and deletes names, but not what an open file contains. */
export interface LogFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
  readonly size: number;
  /** Output before its first line was rotated away unread. */
  readonly afterGap: boolean;
}

/** More rotated files than any configuration keeps; limits the search. */
const mostFiles = 1000;
const mostAttempts = 10;
/**
 * Most files held for a reader that is behind: each may have lost its name, and then occupies disk space only because
 * of that reader.
 */
const mostHeld = 64;

/**
 * A container's log as a chain of open files, oldest first: `path.2`, `path.1`, `path`. `refresh` opens files that
 * appear by rotation, so that they outlive their deletion until `shift` has passed them.
 */
export class LogFiles {
  readonly #path: string;
  #files: LogFile[] = [];
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #roomWanted: (() => void) | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Held files, oldest first. The last one may still grow. */
  get files(): readonly LogFile[] {
    return this.#files;
  }

  /**
   * Opens the files that were added since the last call (at first: all). Every file that exists at the time of the call
   * is open when it resolves.
   */
  refresh(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#queued ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#queued;
  }

  #start(): Promise<void> {
    this.#queued = undefined;
    this.#running = this.#open().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #open(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { found, first } = await this.#walk();
      // A rotation during the walk can give a wrong order; a second one so soon is practically impossible.
      if (first === (await inodeOf(this.#path)) || attempt === mostAttempts) {
        const followed = this.#files.length > 0;
        this.#files.push(...found);
        if (followed) await this.#bound();
        return;
      }
      await Promise.all(found.map((file) => file.handle.close()));
    }
  }

  /** Calls back, now or after a `shift`, when another file can be held. A later request replaces one that is waiting. */
  whenRoom(callback: () => void): void {
    if (this.#files.length < mostHeld) callback();
    else this.#roomWanted = callback;
  }

  /** Drops the oldest files that are not being read yet. */
  async #bound(): Promise<void> {
    if (this.#files.length <= mostHeld) return;
    const given = this.#files.splice(1, this.#files.length - mostHeld);
    this.#files[1] = { ...this.#files[1]!, afterGap: true };
    await Promise.all(given.map((file) => file.handle.close()));
  }

  /** Opens the files newer than the newest one held, oldest first, and returns the inode of the first name. */
  async #walk(): Promise<{ found: LogFile[]; first: bigint | undefined }> {
    const newest = this.#files.at(-1);
    const found: LogFile[] = [];
    let met = newest === undefined;
    let first: bigint | undefined;
    let missing = 0;
    for (let number = 0; number < mostFiles; number++) {
      const file = await openLog(number === 0 ? this.#path : `${this.#path}.${number}`);
      if (file === undefined) {
        // During a rotation one name is missing although older ones exist.
        if (++missing > 1) break;
        continue;
      }
      missing = 0;
      if (number === 0) first = file.inode;
      if (file.inode === newest?.inode) {
        met = true;
        await file.handle.close();
        break;
      }
      if (found.some((other) => other.inode === file.inode)) await file.handle.close();
      else found.unshift(file);
    }
    if (!met && found.length > 0) found[0] = { ...found[0]!, afterGap: true };
    return { found, first };
  }

  /** Whether files of this log have been rotated away for good. */
  async dropped(): Promise<boolean> {
    return (await inodeOf(`${this.#path}.dropped`)) !== undefined;
  }

  /** Closes the oldest file and forgets it. */
  async shift(): Promise<void> {
    const oldest = this.#files.shift();
    const wanted = this.#roomWanted;
    this.#roomWanted = undefined;
    wanted?.();
    await oldest?.handle.close();
  }

  /** Closes all. Idempotent. */
  async close(): Promise<void> {
    while (this.#running !== undefined || this.#queued !== undefined)
      await (this.#queued ?? this.#running)?.catch(() => undefined);
    const files = this.#files;
    this.#files = [];
    await Promise.all(files.map((file) => file.handle.close()));
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  const stat = await statFile(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return stat?.ino;
}

async function openLog(path: string): Promise<LogFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stat = await handle.stat({ bigint: true });
    return { handle, inode: stat.ino, size: Number(stat.size), afterGap: false };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
