import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, hungry, limitsMemory, send, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: POST /build: ${unmet}`);

interface Message {
  readonly stream?: string;
  readonly error?: string;
  readonly aux?: { readonly ID: string };
}

describe.skipIf(unmet !== undefined)('POST /build', () => {
  let builder: Builder;

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  async function post(dockerfile: string, query: Readonly<Record<string, string>>) {
    const context = builder.context('sent', { Dockerfile: dockerfile, f: 'f' });
    const tar = join(builder.place, 'sent.tar');
    execFileSync('tar', ['-cf', tar, '-C', context, '.']);
    const messages: Message[] = [];
    const path = `/build?${new URLSearchParams(query)}`;
    await send(builder.engine.socket, path, createReadStream(tar), (line) => messages.push(JSON.parse(line)));
    return {
      messages,
      image: messages.find(({ aux }) => aux !== undefined)?.aux?.ID,
      error: messages.find(({ error }) => error !== undefined)?.error,
      text: messages.map(({ stream = '' }) => stream).join(''),
    };
  }

  const filter = (filters: object): string => encodeURIComponent(JSON.stringify(filters));

  it.each([
    ['FROM busybox\nBOGUS\n', 'dockerfile parse error on line 2: unknown instruction: BOGUS'],
    ['RUN x\n', 'no build stage in current context'],
    ['FROM busybox\nUSER\n', 'dockerfile parse error on line 2: USER requires exactly one argument'],
  ])('refuses a Dockerfile that cannot be read before it begins: %j', async (dockerfile, message) => {
    const { messages } = await post(dockerfile, { t: 'unread' });
    expect(messages).toEqual([expect.objectContaining({ message: expect.stringContaining(message) })]);
  });

  it('gives an image the labels that its maker finds it by and removes it with', async () => {
    const labels = { 'org.example.session': 'one' };
    const text =
      'FROM busybox AS first\nRUN echo 1 >/1\nFROM busybox\nCOPY --from=first /1 /\nLABEL own=yes\n';
    const { image, error } = await post(text, { labels: JSON.stringify(labels), t: 'labelled:1' });
    expect(error).toBeUndefined();
    const mine = filter({ label: ['org.example.session=one'] });
    const { json } = await builder.engine.api<{ Id: string; Labels: object }[]>(
      'GET',
      `/images/json?all=1&filters=${mine}`,
    );
    expect(json).toEqual([expect.objectContaining({ Id: image, Labels: { ...labels, own: 'yes' } })]);
    const prune = filter({ dangling: ['false'], label: ['org.example.session=one'] });
    const pruned = await builder.engine.api<{ ImagesDeleted: object[] }>(
      'POST',
      `/images/prune?filters=${prune}`,
    );
    expect(pruned.json.ImagesDeleted).toContainEqual({ Deleted: image });
  });

  it('takes steps from an image that is said to have them', async () => {
    const context = builder.context('with-cache', { Dockerfile: 'FROM busybox\nRUN echo slow >/slow\n' });
    const first = await builder.build({ context, tags: ['cached:1'], cacheTo: ['type=inline'] });
    expect(first.error).toBeUndefined();
    await builder.engine.api('POST', '/build/prune?all=1');
    const text = 'FROM busybox\nRUN echo slow >/slow\n';
    const without = await post(text, {});
    expect(without.text).not.toContain('Using cache');
    await builder.engine.api('POST', '/build/prune?all=1');
    const { text: said, error } = await post(text, { cachefrom: JSON.stringify(['cached:1']) });
    expect(error).toBeUndefined();
    expect(said).toContain('Using cache');
    // One that is not there, or has no cache, is not an error.
    const missing = await post(text, { cachefrom: JSON.stringify(['busybox', 'localhost:1/missing:1']) });
    expect(missing.error).toBeUndefined();
    expect(missing.text).toMatch(/\[Warning\].*localhost:1\/missing/);
  });

  it('holds commands to the limits of the request', async ({ skip }) => {
    if (!(await limitsMemory(builder, 'limits of POST /build'))) return skip();
    const text = `FROM busybox\nRUN ${hungry}\n`;
    const { error } = await post(text, { memory: '30000000', memswap: '30000000', cpushares: '100' });
    expect(error).toContain('exit code: 137');
    const refused = await post(text, { memory: '1000' });
    expect(refused.error).toContain('memory limit');
  });
});
