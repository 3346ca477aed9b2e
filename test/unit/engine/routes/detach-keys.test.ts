import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detachFilter, parseDetachKeys } from '../../../../src/engine/routes/detach-keys.ts';

describe('detach keys', () => {
  it('are written as the docker CLI writes them', () => {
    expect([...parseDetachKeys('ctrl-p,ctrl-q')]).toEqual([16, 17]);
    expect([...parseDetachKeys('a,ctrl-@,ctrl-[,DEL,ctrl-_')]).toEqual([97, 0, 27, 127, 31]);
    expect(parseDetachKeys('').length + parseDetachKeys(null).length).toBe(0);
    for (const text of ['zz-', 'ctrl-P', 'a,', 'ctrl-']) {
      expect(() => parseDetachKeys(text)).toThrow(`Invalid detach keys (${text}) provided`);
    }
  });

  it('are found across pieces, and what only began like them is passed on', () => {
    const typed = (keys: string, ...pieces: string[]) => {
      const filter = detachFilter(Buffer.from(keys));
      return pieces.map((piece) => {
        const { pass, detached } = filter(Buffer.from(piece));
        return `${pass}${detached ? '!' : ''}`;
      });
    };
    expect(typed('pq', 'ls', 'p', 'q')).toEqual(['ls', '', '!']);
    expect(typed('pq', 'p', 'ppx')).toEqual(['', 'pppx']);
    expect(typed('aab', 'aaab')).toEqual(['a!']);
    expect(typed('aab', 'aac', 'aab')).toEqual(['aac', '!']);
    expect(typed('', 'pq')).toEqual(['pq']);
  });

  it('lose no byte, however typing is cut', () => {
    const word = fc.array(fc.constantFrom(1, 2, 3), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(word, fc.array(word), (keys, pieces) => {
        const all = Buffer.from(pieces.flat());
        const at = all.indexOf(Buffer.from(keys));
        const filter = detachFilter(Buffer.from(keys));
        const passed: Buffer[] = [];
        let found = false;
        for (const piece of pieces) {
          const { pass, detached } = filter(Buffer.from(piece));
          passed.push(pass);
          if (detached) {
            found = true;
            break;
          }
        }
        expect(found).toBe(at !== -1);
        const out = Buffer.concat(passed);
        const whole = found ? all.subarray(0, at) : all;
        expect(whole.subarray(0, out.length)).toEqual(out);
        // What is held back at the end can only be the beginning of the keys.
        expect(Buffer.from(keys).indexOf(whole.subarray(out.length))).toBe(0);
      }),
    );
  });
});
