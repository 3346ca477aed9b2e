import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildEvent } from '../../../src/engine/api/build.ts';
import { encodeRegistryAuth } from '../../../src/engine/api/registry-headers.ts';
import { until } from '../../support/engine.ts';
import { type PeerRegistry, startPeerRegistry, whyNoPeerRegistry } from '../../support/peer-registry.ts';
import { transfer } from '../../support/transfer.ts';
import { type Builder, send, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder() ?? whyNoPeerRegistry();
if (unmet !== undefined) console.warn(`skipped: base images from registries: ${unmet}`);

const credentials = { username: 'user', password: 'secret' };
const identity = { 'X-Registry-Auth': encodeRegistryAuth(credentials) };

describe.skipIf(unmet !== undefined)('base images of a registry that asks who is there', () => {
  let builder: Builder;
  let registry: PeerRegistry;
  let name: string;

  /** Has the registry hold an image with this file, which is not in the store. */
  async function publish(content: string): Promise<void> {
    const text = `FROM busybox\nRUN echo ${content} > /version\n`;
    expect((await builder.build({ text, tags: [name] })).error).toBeUndefined();
    const { lines } = await transfer(builder.engine.socket, `/images/${name.replace(':1', '')}/push?tag=1`, {
      credentials,
    });
    expect(lines.at(-1)).toHaveProperty('aux');
    await builder.engine.api('DELETE', `/images/${name}?force=1`);
  }

  beforeAll(async () => {
    builder = await startBuilder();
    registry = await startPeerRegistry({ auth: 'basic', address: '127.0.0.1' });
    name = `${registry.host}/base:1`;
  });

  afterAll(async () => {
    await registry?.close();
    expect(await builder?.close()).toEqual([]);
  });

  it('are fetched with the credentials of whoever builds, who is asked only then', async () => {
    await publish('one');
    const asked: string[] = [];
    const text = `FROM ${name}\nRUN cat /version\n`;
    const ask = (image: string) => {
      asked.push(image);
      return identity;
    };
    const { error, output } = await builder.build({ text }, { registry: ask });
    expect(error).toBeUndefined();
    expect(output).toEqual(['one']);
    expect(asked).toEqual([name]);
    expect((await builder.build({ text }, { registry: ask })).error).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it('can not be had without them, and the error says so at the line', async () => {
    await builder.engine.api('DELETE', `/images/${name}?force=1`);
    const { error } = await builder.build({ text: `FROM busybox\nFROM ${name}\n` });
    expect(error).toMatchObject({ code: 'BUILD_CONTEXT', where: { line: 2 } });
    expect(error?.message).toMatch(/it is not on this machine, and .*requires a user and a password/);
  });

  it('are asked for again with pull, unless the project builds them itself', async () => {
    const text = `FROM ${name}\nRUN cat /version\n`;
    const ask = () => identity;
    expect((await builder.build({ text }, { registry: ask })).error).toBeUndefined();
    await builder.engine.api('POST', `/images/${name}/tag?repo=old&tag=1`);
    await publish('two');
    await builder.engine.api('POST', `/images/old:1/tag?repo=${registry.host}/base&tag=1`);
    const same = await builder.build({ text });
    expect(same.cached).toEqual(['[2/2] RUN cat /version']);
    const local = await builder.build({ text, pull: true, local: [name, 'busybox'] });
    expect(local.cached).toEqual(['[2/2] RUN cat /version']);
    const fresh = await builder.build({ text, pull: true }, { registry: ask });
    expect(fresh.output).toEqual(['two']);
    expect((await builder.build({ text, pull: true })).error?.message).toContain('a newer one was requested');
  });

  it('are fetched by the next build where the engine was killed, or the client went away, meanwhile', async () => {
    const text = `FROM ${name}\nRUN cat /version\n`;
    for (const [version, kill] of [
      ['three', true],
      ['four', false],
    ] as const) {
      await publish(version);
      const pid = await builder.engine.enginePid();
      const stop = new AbortController();
      const onEvent = (event: BuildEvent): void => {
        if (event.type !== 'note' || !event.text.startsWith('pulling ')) return;
        if (kill) process.kill(pid, 'SIGKILL');
        else stop.abort();
      };
      const options = { registry: () => identity, signal: stop.signal, onEvent };
      await expect(builder.build({ text }, options)).rejects.toThrow();
      await builder.engine.retry('GET', '/_ping');
      expect((await builder.engine.enginePid()) === pid).toBe(!kill);
      const { error, output } = await builder.build({ text }, { registry: () => identity });
      expect(error).toBeUndefined();
      expect(output).toEqual([version]);
      await until(
        () => readdirSync(join(builder.engine.root, 'lib/build/tmp')).length === 0,
        'nothing to be left of the build',
      );
    }
    await publish('two');
  });

  it('are fetched by POST /build with X-Registry-Config', async () => {
    await builder.engine.api('DELETE', `/images/${name}?force=1`);
    const tar = await import('./case-files.ts').then(({ tarOf }) =>
      tarOf([{ path: 'Dockerfile', content: `FROM ${name}\nRUN cat /version && true\n` }]),
    );
    const config = Buffer.from(JSON.stringify({ [registry.host]: credentials })).toString('base64url');
    const said: string[] = [];
    const { Readable } = await import('node:stream');
    await send(
      builder.engine.socket,
      '/build?pull=1',
      Readable.from([tar]),
      (line) => said.push(line),
      undefined,
      { 'X-Registry-Config': config },
    );
    expect(said.join('\n')).toContain('Successfully built');
    expect(said.join('\n')).toContain('"stream":"two\\n"');
  });
});
