import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/engine/clock.ts';
import { openJournal } from '../../../../src/engine/events/journal.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

const fine = () => undefined;
let dir: string;
eachInDirectory((directory) => {
  dir = directory;
});

describe('event journal', () => {
  const event = (action: string) => ({
    type: 'container' as const,
    action,
    id: 'i',
    attributes: { image: 'x' },
  });

  it('has an event on file before anyone hears of it, and goes on counting after a torn line', () => {
    const path = join(dir, 'events.log');
    const journal = openJournal(path, systemClock, fine);
    const seen: boolean[] = [];
    journal.subscribe((one) => seen.push(readFileSync(path, 'utf8').includes(`"Action":"${one.Action}"`)));
    expect([journal.emit(event('create')), journal.emit(event('start'))]).toEqual([1, 2]);
    expect(seen).toEqual([true, true]);
    journal.close();
    appendFileSync(path, '{"seq":3,"eve');
    const next = openJournal(path, systemClock, fine);
    expect(next.between(0, Infinity).map(({ Action }) => Action)).toEqual(['create', 'start']);
    expect(next.emit(event('die'))).toBe(3);
    next.close();
    const last = openJournal(path, systemClock, fine);
    expect(last.between(0, Infinity).map(({ Action }) => Action)).toEqual(['create', 'start', 'die']);
    last.close();
  });
});
