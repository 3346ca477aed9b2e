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

/** A follower remembers the number of the last event it has seen and asks for those after it: no queue is kept for it. */
export interface EventJournal {
  /** Appends to the journal file, then notifies the listeners. Returns the sequence number. */
  emit(event: NewEvent): number;
  /** Number of the latest event. */
  readonly last: number;
  /** Number after which events of this time and later begin, among those that are kept. */
  before(ms: number): number;
  /** At most `most` events after a number, oldest first; 'gone' when the first of them is no longer kept. */
  after(seq: number, most: number): readonly JournalEntry[] | 'gone';
  /**
   * Calls back when there are new events: once for all since the last call, and seldom enough that listeners never take
   * most of the engine's time, however many there are. Returns the function that unsubscribes.
   */
  subscribe(listener: () => void): () => void;
  readonly listeners: number;
  close(): void;
}

/** A journal file is rotated at this size; the previous one is dropped. */
const maxFileSize = 4 * 1024 * 1024;
/** Events kept in memory for `since`: more than are to be expected between two reads. */
const maxInMemory = 4096;

/**
 * Opens events.log: one line of JSON for each event, `{"seq":…,"event":…}`, appended with write(2) before anybody
 * receives it, so that a crash loses none. Lines that don't parse (a torn last line) are skipped. Sequence numbers
 * continue from the last line's.
 */
export function openJournal(path: string, clock: Clock, warn: (message: string) => void): EventJournal {
  const recent: JournalEntry[] = [];
  for (const file of [`${path}.1`, path]) {
    // What can't be appended to can't be read either.
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) putAside(file);
  }
  for (const file of [`${path}.1`, path]) {
    for (const entry of readEntries(file)) recent.push(entry);
  }
  recent.splice(0, Math.max(0, recent.length - maxInMemory));
  let seq = recent.at(-1)?.seq ?? 0;
  let fd = openSync(path, 'a', 0o600);
  let size = statSync(path).size;
  // After a power failure or on a full disk the last line may be incomplete; the next one must not be appended to it.
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
        // A full disk: the event is sent nevertheless; only the next engine will not know about it.
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
      // Numbers of earlier engines may have gaps, so the position is at most this.
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

/** Paced work may take one part in this many of the time. */
const share = 4;

/**
 * Runs `work` one turn after it was requested, once for any number of requests, and then not again for a multiple of
 * the time it took.
 */
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
      // A line that a crash interrupted; nobody has seen the event.
    }
  }
}
