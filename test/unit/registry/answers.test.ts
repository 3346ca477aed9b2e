import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeErrors, parseErrorBody } from '../../../src/registry/http/error-body.ts';
import { parseRateLimit } from '../../../src/registry/http/rate-limit.ts';
import { parseRetryAfter } from '../../../src/registry/http/retry-after.ts';
import { readRangeAnswer, readUploadRange } from '../../../src/registry/transfer/content-range.ts';

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each<[string | undefined, number | undefined]>([
    ['5', 5000],
    ['0.5', 500],
    ['250µs', 1],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (header, expected) => expect(parseRetryAfter(header, now)).toBe(expected));
});

describe('the count of pulls', () => {
  it('is read as Docker Hub says it', () => {
    expect(parseRateLimit({ 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' })).toEqual(
      {
        limit: 100,
        remaining: 76,
        windowSeconds: 21600,
      },
    );
    expect(parseRateLimit({ 'ratelimit-remaining': '0' })).toEqual({
      limit: undefined,
      remaining: 0,
      windowSeconds: undefined,
    });
    expect(parseRateLimit({})).toBeUndefined();
    expect(parseRateLimit({ 'ratelimit-remaining': 'many' })).toBeUndefined();
  });
});

describe('errors of a registry', () => {
  const shown = (value: unknown) => describeErrors(parseErrorBody(JSON.stringify(value)));
  it('are shown as Docker shows them', () => {
    expect(shown({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] })).toBe(
      'manifest unknown',
    );
    expect(
      shown({
        errors: [{ code: 'DENIED', message: 'requested access to the resource is denied' }, { code: 'X' }],
      }),
    ).toBe('denied: requested access to the resource is denied; x');
    expect(shown({ details: 'incorrect username or password' })).toBe('incorrect username or password');
    expect(shown({ error: 'invalid_grant', error_description: 'expired' })).toBe('expired');
  });

  it('have no words that move a terminal', () => {
    expect(shown({ errors: [{ message: 'a\u001b[2J\nb\u202e' }] })).toBe('a [2J b');
  });

  it.each(['', 'x', 'null', '[]', '{"errors":[null,5,{}]}', '{"errors":{}}'])('are none: %s', (text) =>
    expect(parseErrorBody(text)).toEqual([]),
  );
});

describe('an answer to a range', () => {
  const at = { offset: 500, size: 1000 };
  it.each([
    [206, 'bytes 500-999/1000', { kind: 'usable', skip: 0 }],
    [206, 'bytes 400-999/1000', { kind: 'usable', skip: 100 }],
    [206, 'bytes 500-999/*', { kind: 'usable', skip: 0 }],
    [200, undefined, { kind: 'usable', skip: 500 }],
    [206, 'bytes 600-999/1000', { kind: 'unusable' }],
    [206, 'bytes 500-999/2000', { kind: 'other-size', total: 2000 }],
    [206, 'bytes 500-1999/*', { kind: 'unusable' }],
    [206, undefined, { kind: 'unusable' }],
    [206, 'bytes x', { kind: 'unusable' }],
    [416, 'bytes */1000', { kind: 'unusable' }],
    [416, 'bytes */999', { kind: 'other-size', total: 999 }],
  ])('%s %s', (status, header, expected) =>
    expect(readRangeAnswer(status, header, at)).toMatchObject(expected),
  );

  it('never leaves a hole', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.nat(999), (first, last, offset) => {
        const answer = readRangeAnswer(206, `bytes ${first}-${last}/1000`, { offset, size: 1000 });
        if (answer.kind === 'usable') expect(first + answer.skip).toBe(offset);
      }),
    );
  });
});

describe('the range of an upload', () => {
  it.each([
    ['0-99', 100],
    ['bytes=0-99', 100],
    ['0--1', 0],
    ['0-0', 1],
    ['5-9', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s: %s bytes', (header, expected) => expect(readUploadRange(header)).toBe(expected));
});
