import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogGate } from '../../../../src/cli/attach/log-gate.ts';
import { keysOf, MenuKeys } from '../../../../src/cli/attach/menu-keys.ts';
import type { TcomposeEvent } from '../../../../src/events.ts';

const keys = (...services: string[]) => new MenuKeys(services.length === 0 ? ['api', 'web'] : services);

describe('keys of the menu', () => {
  it('mean one thing each', () => {
    expect(
      keys()
        .read('hwadq\r')
        .map(({ kind }) => kind),
    ).toEqual(['help', 'watch', 'all', 'detach', 'quit', 'blank']);
    expect(
      keys()
        .read('\u0003\u001a')
        .map(({ kind }) => kind),
    ).toEqual(['interrupt', 'suspend']);
    expect(keys().read('zZ \u0001')).toEqual([]);
  });

  it('choose a service by one more key, unless there is only one', () => {
    expect(keys().read('r2')).toEqual([
      { kind: 'choose', what: 'restart' },
      { kind: 'restart', service: 'web' },
    ]);
    expect(keys().read('s9')).toEqual([{ kind: 'choose', what: 'solo' }, { kind: 'cancel' }]);
    expect(keys('only').read('x')).toEqual([{ kind: 'shell', service: 'only' }]);
  });

  it('take a text up to Enter, corrected by Backspace, given up by Escape', () => {
    expect(keys().read('fhex\u007fllo\r').at(-1)).toEqual({ kind: 'filter', text: 'hello' });
    const some = keys();
    some.read('fq');
    expect(some.read('\u001b')).toEqual([{ kind: 'cancel' }]);
    expect(some.read('q')).toEqual([{ kind: 'quit' }]);
  });

  it('always let an interrupt through, and make nothing of arrow keys', () => {
    expect(keys().read('\u001b[A')).toEqual([]);
    fc.assert(
      fc.property(fc.array(fc.string()), (typed) => {
        const menu = keys();
        for (const text of typed) menu.read(text);
        expect(menu.read('\u0003')).toEqual([{ kind: 'interrupt' }]);
      }),
    );
  });

  it('are there for 35 services', () => {
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
    expect(keysOf(names)).toHaveLength(35);
    expect(keysOf(names)[9]).toEqual(['a', 's9']);
  });
});

describe('what is shown of the logs', () => {
  const log = (service: string, line: string): TcomposeEvent => ({
    type: 'log',
    service,
    container: `${service}-1`,
    stream: 'stdout',
    line,
  });
  it('is one service, lines with a text, or all; nothing else is kept back', () => {
    const shown: TcomposeEvent[] = [];
    const gate = new LogGate((event) => shown.push(event));
    gate.solo('web');
    gate.filter('Error');
    for (const event of [log('web', 'an error'), log('web', 'fine'), log('api', 'error')]) gate.emit(event);
    gate.emit({ type: 'warning', message: 'kept' });
    gate.solo(undefined);
    gate.filter('');
    gate.emit(log('api', 'fine'));
    expect(shown.map((event) => (event.type === 'log' ? event.line : event.type))).toEqual([
      'an error',
      'warning',
      'fine',
    ]);
  });

  it('comes later, in order, when it was held back, and says what was too much', () => {
    const shown: TcomposeEvent[] = [];
    const gate = new LogGate((event) => shown.push(event));
    gate.hold();
    for (let i = 0; i < 5003; i++) gate.emit(log('web', String(i)));
    expect(shown).toEqual([]);
    gate.release();
    expect(shown).toHaveLength(5001);
    expect(shown.at(-1)).toMatchObject({ type: 'warning', message: expect.stringContaining('3 more lines') });
    gate.emit(log('web', 'now'));
    expect(shown).toHaveLength(5002);
  });
});
