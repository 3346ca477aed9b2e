import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/engine/clock.ts';
import { type EventJournal, openJournal } from '../../../../src/engine/events/journal.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

const fine = () => undefined;
let dir: string;
eachInDirectory((directory) => {
  dir = directory;
});

const actions = (journal: EventJournal, from = journal.before(0)) => {
  const found = journal.after(from, 10_000);
  return found === 'gone' ? found : found.map(({ event }) => event.Action);
};

describe('event journal', () => {
  const event = (action: string) => ({
    type: 'container' as const,
    action,
    id: 'i',
    attributes: { image: 'x' },
  });

  it('has an event on file before anyone hears of it, and goes on counting after a torn line', async () => {
    const path = join(dir, 'events.log');
    const journal = openJournal(path, systemClock, fine);
    const told = new Promise<string>((resolve) =>
      journal.subscribe(() => resolve(readFileSync(path, 'utf8'))),
    );
    expect([journal.emit(event('create')), journal.emit(event('start'))]).toEqual([1, 2]);
    expect(await told).toMatch(/"Action":"create".*\n.*"Action":"start"/);
    journal.close();
    appendFileSync(path, '{"seq":3,"eve');
    const next = openJournal(path, systemClock, fine);
    expect(actions(next)).toEqual(['create', 'start']);
    expect(next.emit(event('die'))).toBe(3);
    next.close();
    const last = openJournal(path, systemClock, fine);
    expect(actions(last)).toEqual(['create', 'start', 'die']);
    last.close();
  });
});
