import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { startFaultyRegistry, whyNoFaultyRegistry } from '../../support/faulty-registry.ts';
import { type PeerRegistry, startPeerRegistry, whyNoPeerRegistry } from '../../support/peer-registry.ts';
import { errorOf, transfer } from '../../support/transfer.ts';

const why = whyNoEngine() ?? whyNoFaultyRegistry ?? whyNoPeerRegistry();
if (why) console.log(`skipped: ${why}`);

/** An address that is not the loopback's, so that certificates count. */
const address = '10.231.0.1';
const user = { username: 'user', password: 'secret' };

describe.skipIf(why)("distribution's registry", () => {
  let engine: TestEngine;
  const image = 'source/app:1';
  const config = (): string => join(engine.root, 'etc', 'engine.json');
  beforeAll(async () => {
    engine = await startTestEngine();
    execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
    mkdirSync(join(engine.root, 'etc'));
    const source = await startFaultyRegistry();
    expect(
      errorOf(await transfer(engine.socket, `/images/create?fromImage=${source.host}/faulty/app&tag=oci`)),
    ).toBeUndefined();
    await engine.api('POST', `/images/${source.host}/faulty/app:oci/tag?repo=source/app&tag=1`);
    await engine.api('DELETE', `/images/${source.host}/faulty/app:oci`);
    source.close();
  });
  afterAll(async () => {
    expect(await engine?.stop()).toEqual([]);
  });

  async function withRegistry(
    options: Omit<Parameters<typeof startPeerRegistry>[0], 'address'> & { address?: string },
    work: (registry: PeerRegistry) => Promise<void>,
  ): Promise<void> {
    const registry = await startPeerRegistry({ address, ...options });
    try {
      await work(registry);
    } finally {
      await registry.close();
      rmSync(config(), { force: true });
    }
  }

  const settings = (registries: object): void => writeFileSync(config(), JSON.stringify({ registries }));
  const push = (target: string, credentials = {}) =>
    transfer(engine.socket, `/images/${target}/push?tag=1`, { credentials });
  const pull = (target: string, credentials = {}) =>
    transfer(engine.socket, `/images/create?fromImage=${target}&tag=1`, { credentials });

  /** Pushes the image, takes its name away, and pulls it again. */
  async function roundTrip(registry: PeerRegistry, credentials = {}): Promise<void> {
    const target = `${registry.host}/team/app`;
    await engine.api('POST', `/images/${image}/tag?repo=${target}&tag=1`);
    const pushed = await push(target, credentials);
    expect(errorOf(pushed)).toBeUndefined();
    const { Digest: digest } = pushed.lines.at(-1)!.aux!;
    const again = await push(target, credentials);
    expect(again.lines.filter(({ status }) => status === 'Layer already exists')).toHaveLength(3);
    const copy = `${registry.host}/team/copy`;
    await engine.api('POST', `/images/${image}/tag?repo=${copy}&tag=1`);
    const mounted = await push(copy, credentials);
    expect(errorOf(mounted)).toBeUndefined();
    expect(mounted.lines.filter(({ status }) => status === 'Mounted from team/app')).toHaveLength(3);
    await engine.api('DELETE', `/images/${target}:1`);
    const pulled = await pull(target, credentials);
    expect(errorOf(pulled)).toBeUndefined();
    expect(pulled.lines.at(-2)!.status).toBe(`Digest: ${digest}`);
    await engine.api('DELETE', `/images/${target}:1`);
    await engine.api('DELETE', `/images/${copy}:1`);
  }

  it('without credentials, on the loopback, which needs nothing', () =>
    withRegistry({ auth: 'none', address: '127.0.0.1' }, (registry) => roundTrip(registry)));

  it('with Basic, by plain http where that is allowed', () =>
    withRegistry({ auth: 'basic' }, async (registry) => {
      const refused = await pull(`${registry.host}/team/app`, user);
      expect(errorOf(refused)).toMatch(/speaks plain http.*registries\.insecure/);
      settings({ insecure: [`${address}/8`] });
      await roundTrip(registry, user);
      expect(errorOf(await pull(`${registry.host}/team/app`))).toMatch(/requires a user and a password/);
      const wrong = { ...user, password: 'no' };
      expect(errorOf(await pull(`${registry.host}/team/app`, wrong))).toMatch(
        /rejects the user or the password.*came with the request/,
      );
      expect((await engine.api('POST', '/auth', { ...user, serveraddress: registry.host })).status).toBe(200);
      expect((await engine.api('POST', '/auth', { ...wrong, serveraddress: registry.host })).status).toBe(
        401,
      );
    }));

  it('with tokens', () =>
    withRegistry({ auth: 'token' }, async (registry) => {
      settings({ insecure: [address] });
      await roundTrip(registry, user);
      const target = `${registry.host}/team/app`;
      await engine.api('POST', `/images/${image}/tag?repo=${target}&tag=1`);
      expect(errorOf(await push(target))).toBeDefined();
      expect(errorOf(await pull(target))).toBeUndefined();
    }));

  it('with TLS by an authority of its own', () =>
    withRegistry({ auth: 'basic', tls: true }, async (registry) => {
      const refused = await pull(`${registry.host}/team/app`, user);
      expect(errorOf(refused)).toMatch(/not trusted here: Peer .*certs\.d.*SSL_CERT_FILE/);
      settings({ insecure: [registry.host] });
      await roundTrip(registry, user);
    }));

  it('with TLS by an authority that SSL_CERT_FILE adds', () =>
    withRegistry({ auth: 'basic', tls: true }, async (registry) => {
      const other = await startTestEngine({ SSL_CERT_FILE: registry.ca });
      try {
        const target = `${registry.host}/team/app`;
        await engine.api('POST', `/images/${image}/tag?repo=${target}&tag=1`);
        settings({ insecure: [registry.host] });
        expect(errorOf(await push(target, user))).toBeUndefined();
        const path = `/images/create?fromImage=${target}&tag=1`;
        expect(errorOf(await transfer(other.socket, path, { credentials: user }))).toBeUndefined();
      } finally {
        expect(await other.stop()).toEqual([]);
      }
    }));
});
