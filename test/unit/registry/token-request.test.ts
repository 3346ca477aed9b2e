import { describe, expect, it } from 'vitest';
import type { BearerChallenge } from '../../../src/registry/auth/challenge.ts';
import { parseToken, tokenRequests } from '../../../src/registry/auth/token-request.ts';

const challenge: BearerChallenge = {
  kind: 'bearer',
  realm: 'https://t.example/token?x=1',
  service: 's',
  scopes: [],
};
const scopes = ['repository:new:pull,push', 'repository:from:pull'];

describe('the request for a token', () => {
  it('of nobody has no credentials', () => {
    const [only, ...more] = tokenRequests(challenge, ['repository:a:pull'], {})!;
    expect(more).toEqual([]);
    expect(only).toMatchObject({ method: 'GET', headers: {} });
    expect(only!.url.href).toBe('https://t.example/token?x=1&service=s&scope=repository%3Aa%3Apull');
  });

  it('of a user is Basic, with each scope, and a form for servers that know no GET', () => {
    const [get, post] = tokenRequests(challenge, scopes, { username: 'u', password: 'p&q' })!;
    expect(get!.url.searchParams.getAll('scope')).toEqual(scopes);
    expect(get!.url.searchParams.get('account')).toBe('u');
    expect(get!.headers.authorization).toBe(`Basic ${Buffer.from('u:p&q').toString('base64')}`);
    expect(post!.method).toBe('POST');
    expect(Object.fromEntries(new URLSearchParams(post!.body))).toEqual({
      grant_type: 'password',
      service: 's',
      client_id: 'tcompose',
      scope: scopes.join(' '),
      username: 'u',
      password: 'p&q',
    });
  });

  it('with an identity token exchanges it', () => {
    const [only] = tokenRequests(challenge, scopes, { username: 'u', password: '', identityToken: 'i' })!;
    expect(only).toMatchObject({ method: 'POST' });
    expect(new URLSearchParams(only!.body).get('refresh_token')).toBe('i');
  });

  it('goes to addresses alone', () => {
    for (const realm of ['', 'token', 'ftp://x/', '//x'])
      expect(tokenRequests({ ...challenge, realm }, [], {})).toBeUndefined();
  });
});

describe('the answer with a token', () => {
  it('has it under either name', () => {
    expect(parseToken('{"token":"a"}', 0)?.text).toBe('a');
    expect(parseToken('{"token":"","access_token":"b"}', 0)?.text).toBe('b');
  });

  it('is good for a minute at least', () => {
    expect(parseToken('{"token":"a","expires_in":300}', 1000)).toEqual({
      text: 'a',
      expiresAt: 301_000,
      renewAt: 241_000,
    });
    for (const life of ['0', '-5', '"x"', 'null', '3'])
      expect(parseToken(`{"token":"a","expires_in":${life}}`, 0)?.expiresAt).toBe(60_000);
  });

  it.each([
    '',
    '{}',
    'null',
    '[]',
    '"x"',
    '{"token":5}',
    '{"token":"a\\r\\nX: y"}',
    '{"token":"é\u2028"}',
    '<html>',
  ])('is none: %s', (text) => {
    expect(parseToken(text, 0)).toBeUndefined();
  });
});
