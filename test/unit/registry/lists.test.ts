import { describe, expect, it } from 'vitest';
import { createSlots } from '../../../src/engine/images/slots.ts';
import { domainOf } from '../../../src/engine/routes/registries.ts';
import {
  offlineRequest,
  parseIdentityToken,
  tokenRequests,
} from '../../../src/registry/auth/token-request.ts';
import { listTags, nextPage } from '../../../src/registry/content/list-tags.ts';
import { parseFound } from '../../../src/registry/content/search-hub.ts';
import type { Session } from '../../../src/registry/http/session.ts';

describe('the next page of tags', () => {
  const base = new URL('https://r.example/v2/a/tags/list?n=2');
  it.each<[string, string | undefined]>([
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', 'https://r.example/v2/a/tags/list?n=2&last=b'],
    ['<https://r.example/v2/a/tags/list?last=b>; rel=next', 'https://r.example/v2/a/tags/list?last=b'],
    ['<https://elsewhere.example/x>; rel="next"', undefined],
    ['<http://r.example/x>; rel="next"', undefined],
    ['</x>; rel="prev"', undefined],
    ['', undefined],
  ])('of %j is %s', (link, expected) => expect(nextPage(link, base)?.href).toBe(expected));
});

describe('the tags of a repository', () => {
  /** A registry whose page number `n` has the tags of `page(n)`, and each names the same next one. */
  const tagsOf = async (page: (n: number) => string[]) => {
    let asked = 0;
    const persist = async () => {
      const body = (async function* () {
        yield Buffer.from(JSON.stringify({ tags: page(asked++) }));
      })();
      const url = new URL('https://r.example/v2/a/tags/list');
      return { status: 200, headers: { link: '</v2/a/tags/list?last=x>; rel="next"' }, url, body };
    };
    const session = { persist } as unknown as Session;
    return { asked: () => asked, tags: await listTags(session, 'a', [], new AbortController().signal) };
  };

  it('end where a page brings nothing new, whatever it says of a next one', async () => {
    const { tags, asked } = await tagsOf((n) => (n < 3 ? [`t${n}`, 't0'] : ['t1']));
    expect(tags).toEqual(['t0', 't1', 't2']);
    expect(asked()).toBe(4);
  });

  it('are refused where there is no end of them', async () => {
    const many = (n: number) => Array.from({ length: 50_000 }, (_, index) => `t${n}-${index}`);
    await expect(tagsOf(many)).rejects.toThrow('a has more than 100000 tags');
  });
});

describe('what Docker Hub found', () => {
  it('is read, whatever is missing', () => {
    expect(
      parseFound('{"results":[{"name":"a","star_count":3,"is_official":true},{"x":1},null]}', 5),
    ).toEqual([{ name: 'a', description: '', is_official: true, is_automated: false, star_count: 3 }]);
    expect(parseFound('{}', 5)).toEqual([]);
    expect(parseFound('null', 5)).toEqual([]);
    expect(parseFound('{"results":[{"name":"a"},{"name":"b"}]}', 1)).toHaveLength(1);
    expect(() => parseFound('<html>', 5)).toThrow(/is not JSON/);
  });
});

describe('the registry of a login', () => {
  it.each([
    ['', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['r.example:5000', 'r.example:5000'],
    ['http://r.example/v2/', 'r.example'],
    ['localhost', 'localhost'],
  ])('%j is %s', (address, expected) => expect(domainOf(address)).toBe(expected));
});

describe('an identity token', () => {
  const challenge = { kind: 'bearer', realm: 'https://t/token', service: 's', scopes: [] } as const;
  it('is asked for by either way', () => {
    const [get, post] = tokenRequests(challenge, [], { username: 'u', password: 'p' })!.map(offlineRequest);
    expect(get!.url.searchParams.get('offline_token')).toBe('true');
    expect(new URLSearchParams(post!.body).get('access_type')).toBe('offline');
  });

  it('is found in the answer', () => {
    expect(parseIdentityToken('{"token":"a","refresh_token":"r"}')).toBe('r');
    for (const text of ['{"token":"a"}', '{"refresh_token":""}', 'x'])
      expect(parseIdentityToken(text)).toBeUndefined();
  });
});

describe('slots', () => {
  const never = new AbortController().signal;

  it('let so many in, and the others in their order', async () => {
    const slots = createSlots();
    const order: string[] = [];
    const first = await slots.take('a', 1, never);
    const second = slots.take('a', 1, never, () => order.push('second waits'));
    const third = slots.take('a', 1, never, () => order.push('third waits'));
    await slots.take('b', 1, never, () => order.push('other waits'));
    first();
    first();
    const release = await second;
    order.push('second');
    release();
    (await third)();
    expect(order).toEqual(['second waits', 'third waits', 'second']);
    await slots.take('a', 1, never, () => order.push('again waits'));
    expect(order).not.toContain('again waits');
  });

  it('are not kept by who has given up', async () => {
    const slots = createSlots();
    const release = await slots.take('a', 1, never);
    const abort = new AbortController();
    const waiting = slots.take('a', 1, abort.signal);
    abort.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    const next = slots.take('a', 1, never);
    release();
    (await next)();
  });
});
