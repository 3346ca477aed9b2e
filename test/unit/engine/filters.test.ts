import { describe, expect, it } from 'vitest';
import {
  flag,
  integer,
  matches,
  matchesLabels,
  nameMatcher,
  parseFilters,
  untilValue,
} from '../../../src/engine/filters.ts';

describe('filters', () => {
  it('reads both of Docker’s shapes', () => {
    expect([...parseFilters('{"label":["a","b=c"]}', ['label'])]).toEqual([['label', ['a', 'b=c']]]);
    expect([...parseFilters('{"label":{"a":true,"b":false}}', ['label'])]).toEqual([['label', ['a']]]);
    expect(parseFilters(null, []).size).toBe(0);
  });

  it('refuses unknown keys, and what is no JSON', () => {
    expect(() => parseFilters('{"colour":["red"]}', ['label'])).toThrow("invalid filter 'colour'");
    expect(() => parseFilters('{', ['label'])).toThrow('not JSON');
    expect(() => parseFilters('[]', ['label'])).toThrow('invalid filter');
  });

  it('reads times and durations of until, and refuses a blank one', () => {
    expect(untilValue('10s', 60_000)).toBe(50_000);
    expect(untilValue('0', 60_000)).toBe(60_000);
    expect(untilValue('1970-01-01T00:00:30Z', 60_000)).toBe(30_000);
    expect(() => untilValue('', 60_000)).toThrow('the filter until has no value');
    expect(() => untilValue(' ', 60_000)).toThrow('the filter until has no value');
    expect(() => untilValue('soon', 60_000)).toThrow('invalid time');
  });

  it('wants every label, and any value of the other keys', () => {
    const filters = parseFilters('{"label":["a","b=c"],"name":["x","y"]}', ['label', 'name']);
    expect(matchesLabels(filters, { a: '', b: 'c' })).toBe(true);
    expect(matchesLabels(filters, { a: '', b: 'd' })).toBe(false);
    expect(matches(filters, 'name', (value) => value === 'y')).toBe(true);
    expect(matches(filters, 'name', (value) => value === 'z')).toBe(false);
    expect(matches(filters, 'id', () => false)).toBe(true);
    const not = parseFilters('{"label!":["a"]}', ['label!']);
    expect(matchesLabels(not, { a: '1' })).toBe(false);
    expect(matchesLabels(not, { b: '1' })).toBe(true);
  });

  it('searches names as expressions, or literally when they are none', () => {
    expect(nameMatcher('^web')('web-1')).toBe(true);
    expect(nameMatcher('^web')('my-web')).toBe(false);
    expect(nameMatcher('a[')('xa[y')).toBe(true);
  });

  it('reads booleans and integers of a query', () => {
    const query = new URLSearchParams('a=1&b=false&c=&d=-3&e=x');
    expect([flag(query, 'a'), flag(query, 'b'), flag(query, 'c', true), flag(query, 'none')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([integer(query, 'd'), integer(query, 'none')]).toEqual([-3, undefined]);
    expect(() => integer(query, 'e')).toThrow('whole number');
  });
});
