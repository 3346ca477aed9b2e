import { closeSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import type { StringMap } from '../api/common.ts';
import type { EventMessage } from '../api/events.ts';
import type { Clock } from '../clock.ts';
import { putAside } from '../store/damage.ts';
import { refuseOnFullDisk } from '../store/full-disk.ts';
import { unixNanos } from '../time-text.ts';

type EventType = EventMessage['Type'];

interface NewEvent {
  readonly type: EventType;
  readonly action: string;
  readonly id: string;
  readonly attributes: StringMap;
}

interface JournalEntry {
  readonly seq: number;
  readonly event: EventMessage;
}

/** Whoever follows keeps the number of the last event seen and asks for what came after it: nothing waits in line for him. */
export interface EventJournal {
  /** Appends to the journal file, then notifies the listeners. Returns the sequence number. */
  emit(event: NewEvent): number;
  /** Number of the latest event. */
  readonly last: number;
  /** Number after which the events of this time and later begin, as far back as they are kept. */
  before(ms: number): number;
  /** At most `most` events after a number, oldest first; 'gone' when the next of them is no longer kept. */
  after(seq: number, most: number): readonly JournalEntry[] | 'gone';
  /**
   * Calls back when there is something new: once for all that came since, and not so often that the listeners take most
   * of the engine's time, however many they are. Returns the release.
   */
  subscribe(listener: () => void): () => void;
  readonly listeners: number;
  close(): void;
}

/** A journal file is put aside at this size; the one before it is dropped. */
const maxFileSize = 4 * 1024 * 1024;
/** Events kept in memory for `since`, as many as one can expect between two looks. */
const maxInMemory = 4096;

/**
 * Opens events.log: one line of JSON an event, `{"seq":…,"event":…}`, appended with write(2) before anybody gets
 * it, so a crash loses none. Lines that don't parse (a torn last line) are passed over. Sequence numbers go on from
 * the last line's.
 */
export function openJournal(path: string, clock: Clock, warn: (message: string) => void): EventJournal {
  const recent: JournalEntry[] = [];
  for (const file of [`${path}.1`, path]) {
    // Where a line can't be appended, neither can it be read.
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) putAside(file);
  }
  for (const file of [`${path}.1`, path]) {
    for (const entry of readEntries(file)) recent.push(entry);
  }
  recent.splice(0, Math.max(0, recent.length - maxInMemory));
  let seq = recent.at(-1)?.seq ?? 0;
  let fd = openSync(path, 'a', 0o600);
  let size = statSync(path).size;
  // After a power failure or on a full disk the last line may be a torn one; what comes next must not be glued to it.
  let torn = size > 0;
  const listeners = new Set<() => void>();
  const tell = paced(() => {
    for (const listener of [...listeners]) listener();
  });
  return {
    emit(event) {
      const now = clock.now();
      const message: EventMessage = {
        ...(event.type === 'container'
          ? { status: event.action, id: event.id, from: event.attributes.image ?? '' }
          : event.type === 'image'
            ? { status: event.action, id: event.id }
            : {}),
        Type: event.type,
        Action: event.action,
        Actor: { ID: event.id, Attributes: event.attributes },
        scope: 'local',
        time: Math.floor(now.ms / 1000),
        timeNano: unixNanos(now),
      };
      seq++;
      const line = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify({ seq, event: message })}\n`);
      torn = true;
      try {
        if (size + line.length > maxFileSize) {
          renameSync(path, `${path}.1`);
          const next = openSync(path, 'a', 0o600);
          closeSync(fd);
          fd = next;
          size = 0;
        }
        refuseOnFullDisk(path);
        const written = writeSync(fd, line);
        size += written;
        torn = written < line.length;
      } catch (error) {
        // A full disk: the event is sent all the same, only the next engine will not know of it.
        warn(`an event could not be written to ${path}: ${(error as Error).message}`);
      }
      recent.push({ seq, event: message });
      if (recent.length > maxInMemory * 1.25) recent.splice(0, recent.length - maxInMemory);
      if (listeners.size > 0) tell();
      return seq;
    },
    get last() {
      return seq;
    },
    before: (ms) => (recent.find(({ event }) => event.timeNano / 1e6 >= ms)?.seq ?? seq + 1) - 1,
    after(from, most) {
      if (from >= seq) return [];
      if (recent.length === 0 || recent[0]!.seq > from + 1) return 'gone';
      // Numbers of earlier engines may have gaps, so that the place is no further along than this.
      let at = Math.min(from + 1 - recent[0]!.seq, recent.length - 1);
      while (at > 0 && recent[at - 1]!.seq > from) at--;
      while (at < recent.length && recent[at]!.seq <= from) at++;
      return recent.slice(at, at + most);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get listeners() {
      return listeners.size;
    },
    close: () => closeSync(fd),
  };
}

/** Part of the time that paced work may take. */
const share = 4;

/** Runs `work` a turn after it was asked for, once for many askings, and then not again for a multiple of what it took. */
function paced(work: () => void): () => void {
  let asked = false;
  let notBefore = 0;
  const run = (): void => {
    asked = false;
    const from = performance.now();
    work();
    const to = performance.now();
    notBefore = to + (to - from) * share;
  };
  return () => {
    if (asked) return;
    asked = true;
    const wait = notBefore - performance.now();
    if (wait < 1) setImmediate(run);
    else setTimeout(run, wait);
  };
}

function* readEntries(path: string): Generator<JournalEntry> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const entry = JSON.parse(line) as Partial<JournalEntry>;
      if (typeof entry.seq === 'number' && entry.event?.Actor !== undefined) yield entry as JournalEntry;
    } catch {
      // A line cut short by a crash; nobody has seen the event.
    }
  }
}
