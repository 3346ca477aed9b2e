/**
 * Answers that last (events, logs, attached streams, waits) cost memory, descriptors and a share of every event for as
 * long as they are open, whether or not anybody reads them. So there is a bound on them: for one client process, about one
 * subject, and in all. A new one is always let in; beyond a bound it takes the place of the one that is least missed.
 */
interface StreamLimits {
  /** Of one client process. Docker Compose keeps two a container when it is attached. */
  readonly perPeer: number;
  /** About one container: its shim keeps output for each. */
  readonly perSubject: number;
  readonly inAll: number;
}

const streamLimits: StreamLimits = { perPeer: 1024, perSubject: 64, inAll: 2048 };

interface LastingAnswer {
  /** Pid of the client. */
  readonly peer: number;
  readonly subject?: string | undefined;
  /** Something was written that its client has not taken. */
  readonly blocked: () => boolean;
  /** Ends it, with a word to whoever may still read it. */
  readonly drop: (sentence: string) => void;
}

interface StreamTicket {
  /** Something went through it. */
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
  /** Grows: the entry with the smallest was idle longest. */
  touched: number;
}

type Groups = Map<unknown, Set<Entry>>;

/** No open streams. */
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
      // Whoever has the most open makes room for the others.
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

/** Of how many of the oldest the least missed is chosen: a flood of new ones must not cost a look at all for each. */
const looked = 64;

/** One that nobody reads before any other; of equals the one through which nothing went for longest. */
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
