import { describe, expect, it } from 'vitest';
import { declaredBody, declaredQuery } from '../../../../src/engine/http/declared.ts';

describe('what a route declares', () => {
  it('is what it can read of the query', () => {
    const query = declaredQuery('t=5&all=1&names=a&names=b&other=1', {
      t: 'integer',
      all: 'flag',
      names: 'texts',
    });
    expect([query.get('t'), query.get('all'), query.getAll('names')]).toEqual(['5', '1', ['a', 'b']]);
    expect(() => query.get('other')).toThrow('does not declare the parameter other');
    expect(() => declaredQuery('a=1').get('a')).toThrow('does not declare');
  });

  it.each(['x', '1.5', '1e3', '99999999999999999999'])('refuses %s where a number is declared', (text) => {
    expect(() => declaredQuery(`t=${text}`, { t: 'integer' })).toThrow(
      `t must be a whole number, not "${text}"`,
    );
    expect(declaredQuery('t=', { t: 'integer' }).get('t')).toBe('');
  });

  it('is the shape of its body', () => {
    const body = { fields: { a: 'text' } } as const;
    expect(declaredBody({ a: 'b' }, { body }, '/x')).toEqual({ a: 'b' });
    expect(() => declaredBody({ a: 1 }, { body }, '/x')).toThrow('a must be a string, not 1');
    expect(() => declaredBody({}, { body: 'bytes' }, '/x')).toThrow('/x declares no JSON');
  });
});
