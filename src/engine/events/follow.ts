import type { EventMessage } from '../api/events.ts';
import type { EventJournal } from './journal.ts';

/** Events that are written together, and so kept in memory for a follower that does not read. */
const most = 32;

/**
 * Makes a follower of the journal. When called after new events, it writes the wanted ones in batches, each after the
 * previous one was taken. The promise resolves when it has caught up. `lost` is called once, if the reader was so slow
 * that its next events are no longer kept.
 */
export function followEvents(options: {
  readonly journal: Pick<EventJournal, 'after'>;
  /** Number of the event after which to begin. */
  readonly from: number;
  readonly wanted: (event: EventMessage) => boolean;
  readonly write: (lines: string) => Promise<void>;
  readonly over: () => boolean;
  readonly lost: () => void;
}): () => Promise<void> {
  const { journal, wanted, write, over, lost } = options;
  let seen = options.from;
  let writing: Promise<void> | undefined;
  let ended = false;

  async function catchUp(): Promise<void> {
    while (!ended && !over()) {
      const next = journal.after(seen, most);
      if (next === 'gone') {
        ended = true;
        return lost();
      }
      if (next.length === 0) return;
      seen = next.at(-1)!.seq;
      const lines = next.flatMap(({ event }) => (wanted(event) ? `${JSON.stringify(event)}\n` : []));
      if (lines.length > 0) await write(lines.join(''));
    }
  }

  return () => {
    writing ??= catchUp().finally(() => {
      writing = undefined;
    });
    return writing;
  };
}
