import { describe, expect, it } from 'vitest';
import { newId, resolve, shortId } from '../../../src/engine/ids.ts';

describe('ids', () => {
  it('are 64 hex digits whose short form is no number', () => {
    for (let n = 0; n < 200; n++) {
      const id = newId();
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect(shortId(id)).toMatch(/[a-f]/);
    }
    expect(shortId(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
  });

  it('are found by the whole, by name, by a unique beginning', () => {
    const byId = new Map([
      ['abc1', 'one'],
      ['abc2', 'two'],
    ]);
    const byName = (name: string) => (name === 'abc' ? 'named' : undefined);
    expect(resolve('abc2', byId, byName)).toEqual({ kind: 'found', value: 'two' });
    expect(resolve('/abc', byId, byName)).toEqual({ kind: 'found', value: 'named' });
    expect(resolve('ab', byId, byName)).toEqual({ kind: 'ambiguous' });
    expect(resolve('abc1', byId, byName)).toEqual({ kind: 'found', value: 'one' });
    expect(resolve('xyz', byId, byName)).toEqual({ kind: 'none' });
  });
});
