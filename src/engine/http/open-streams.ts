/**
 * Long-lived answers (events, logs, attached streams, waits) cost memory, descriptors and part of every event as long
 * as they are open, whether or not anybody reads them. Therefore their number is limited: for one client process, about
 * one subject, and in total. A new one is always accepted; beyond a limit the least useful one is ended instead.
 */
interface StreamLimits {
  /** For one client process. An attached Docker Compose keeps two for each container. */
  readonly perPeer: number;
  /** About one container: its shim buffers output for each. */
  readonly perSubject: number;
  readonly inAll: number;
}

const streamLimits: StreamLimits = { perPeer: 1024, perSubject: 64, inAll: 2048 };

interface LastingAnswer {
  /** Pid of the client. */
  readonly peer: number;
  readonly subject?: string | undefined;
  /** Something was written that its client has not read yet. */
  readonly blocked: () => boolean;
  /** Ends it, with a message for the client if it still reads. */
  readonly drop: (sentence: string) => void;
}

interface StreamTicket {
  /** Called when something was sent through it. */
  touch(): void;
  /** Idempotent. */
  release(): void;
}

export interface OpenStreams {
  admit(answer: LastingAnswer): StreamTicket;
  readonly size: number;
}

interface Entry {
  readonly answer: LastingAnswer;
  /** Increases; the entry with the smallest value was idle longest. */
  touched: number;
}

type Groups = Map<unknown, Set<Entry>>;

/** A set without open streams. */
export function createOpenStreams(limits: StreamLimits = streamLimits): OpenStreams {
  const all = new Set<Entry>();
  const byPeer: Groups = new Map();
  const bySubject: Groups = new Map();
  let now = 0;

  const groupsOf = ({ peer, subject }: LastingAnswer): (readonly [Groups, unknown])[] => [
    [byPeer, peer],
    ...(subject === undefined ? [] : [[bySubject, subject] as const]),
  ];

  function add(entry: Entry): void {
    all.add(entry);
    for (const [groups, key] of groupsOf(entry.answer)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, new Set([entry]));
      else group.add(entry);
    }
  }

  function remove(entry: Entry): void {
    if (!all.delete(entry)) return;
    for (const [groups, key] of groupsOf(entry.answer)) {
      const group = groups.get(key)!;
      group.delete(entry);
      if (group.size === 0) groups.delete(key);
    }
  }

  function drop(group: Iterable<Entry>, limit: number, what: string): void {
    const victim = leastMissed(group);
    remove(victim);
    victim.answer.drop(`dropped as the one idle longest: there may be ${limit} streams ${what}`);
  }

  const largest = (): Set<Entry> => [...byPeer.values()].reduce((a, b) => (b.size > a.size ? b : a));

  return {
    admit(answer) {
      const { peer, subject } = answer;
      const { perPeer, perSubject, inAll } = limits;
      const ofPeer = byPeer.get(peer);
      if (ofPeer !== undefined && ofPeer.size >= perPeer) drop(ofPeer, perPeer, 'of one process');
      const ofSubject = subject === undefined ? undefined : bySubject.get(subject);
      if (ofSubject !== undefined && ofSubject.size >= perSubject) {
        drop(ofSubject, perSubject, 'of one container');
      }
      // The client with the most open streams makes room for the others.
      if (all.size >= inAll) drop(largest(), inAll, 'in all');
      const entry: Entry = { answer, touched: ++now };
      add(entry);
      return {
        touch: () => {
          entry.touched = ++now;
        },
        release: () => remove(entry),
      };
    },
    get size() {
      return all.size;
    },
  };
}

/** How many of the oldest entries are examined: a flood of new ones must not examine all entries each time. */
const looked = 64;

/** A stream that nobody reads comes before any other; among equals, the one that was idle longest. */
function leastMissed(group: Iterable<Entry>): Entry {
  let left = looked;
  let found: { readonly entry: Entry; readonly blocked: boolean } | undefined;
  for (const entry of group) {
    const blocked = entry.answer.blocked();
    const less =
      found === undefined || (blocked === found.blocked ? entry.touched < found.entry.touched : blocked);
    if (less) found = { entry, blocked };
    if (--left === 0) break;
  }
  return found!.entry;
}
