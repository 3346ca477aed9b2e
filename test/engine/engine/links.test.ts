import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('a linked container', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const start = async (name: string, settings: object, ...Cmd: string[]) => {
    const created = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd,
      HostConfig: { NetworkMode: 'net' },
      NetworkingConfig: { EndpointsConfig: { net: settings } },
    });
    expect(created.status, created.text).toBe(201);
    const started = await engine.api('POST', `/containers/${name}/start`);
    expect(started.status, started.text).toBe(204);
  };
  const startDatabase = (address: string) =>
    start('db', { IPAMConfig: { IPv4Address: address } }, 'sleep', '300');

  it('is found where it is now, also after it was recreated and by the next engine', async () => {
    await engine.api('POST', '/networks/create', {
      Name: 'net',
      IPAM: { Config: [{ Subnet: '10.213.79.0/24' }] },
    });
    await startDatabase('10.213.79.20');
    const script = 'while :; do getent ahostsv4 store; sleep 0.1; done';
    await start('web', { Links: ['db:store'] }, 'sh', '-c', script);
    const log = async () => (await engine.retry('GET', '/containers/web/logs?stdout=1')).text;
    await until(async () => (await log()).includes('10.213.79.20'), 'the first address');
    await engine.api('DELETE', '/containers/db?force=1');
    await startDatabase('10.213.79.21');
    await until(async () => (await log()).includes('10.213.79.21'), 'the second address');

    process.kill(await engine.enginePid(), 'SIGKILL');
    expect((await engine.retry('DELETE', '/containers/db?force=1')).status).toBe(204);
    await startDatabase('10.213.79.22');
    await until(async () => (await log()).includes('10.213.79.22'), 'the third address');
  });

  it('is found by a link given when a network is connected', async () => {
    await start('plain', {}, 'sh', '-c', 'while :; do getent ahostsv4 shelf; sleep 0.1; done');
    await engine.api('POST', '/networks/net/disconnect', { Container: 'plain' });
    const connected = await engine.api('POST', '/networks/net/connect', {
      Container: 'plain',
      EndpointConfig: { Links: ['db:shelf'] },
    });
    expect(connected.status, connected.text).toBe(200);
    const log = async () => (await engine.retry('GET', '/containers/plain/logs?stdout=1')).text;
    await until(async () => (await log()).includes('10.213.79.22'), 'the address by its new name');
  });
});
