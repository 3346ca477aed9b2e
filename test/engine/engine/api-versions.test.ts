import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

type Json = Record<string, unknown>;

/** Where dockerd 28.5 answers clients of different versions differently, as measured on it. */
describe.skipIf(why)('a client has the answers of the version it asks for', () => {
  let engine: TestEngine;
  const get = async <T = Json>(version: string, path: string): Promise<T> => {
    const { status, json, text } = await engine.api<T>('GET', `/v${version}${path}`);
    expect(status, text).toBe(200);
    return json;
  };
  beforeAll(async () => {
    engine = await startTestEngine();
    await engine.api('POST', '/networks/create', { Name: 'own' });
    for (const name of ['one', 'two']) {
      const made = await engine.api('POST', `/containers/create?name=${name}`, {
        Image: 'tcompose/host',
        Cmd: ['sleep', '1'],
        HostConfig: { NetworkMode: 'own' },
      });
      expect(made.status, made.text).toBe(201);
    }
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it('from 1.24 to 1.51, of which each answer says the last', async () => {
    const { headers } = await engine.api('GET', '/v1.24/_ping');
    expect(headers['api-version']).toBe('1.51');
    expect((await engine.api('GET', '/v1.51/_ping')).status).toBe(200);
    expect((await engine.api<Json>('GET', '/v1.52/info')).json.message).toMatch(
      /Maximum supported API version is 1\.51/,
    );
    expect((await engine.api('GET', '/v1.23/info')).status).toBe(400);
  });

  it.each([
    ['1.43', -1, true],
    ['1.50', -1, false],
    ['1.51', 2, false],
  ])('images in %s: used by %s', async (version, containers, virtual) => {
    const [image] = await get<Json[]>(version, '/images/json');
    expect(image!.Containers).toBe(containers);
    expect('VirtualSize' in image!).toBe(virtual);
  });

  it.each([
    ['1.43', true, true, true],
    ['1.44', true, true, false],
    ['1.49', true, false, false],
    ['1.50', false, false, false],
  ])('an image in %s', async (version, hostname, container, virtual) => {
    const image = await get(version, '/images/tcompose/host/json');
    expect('Hostname' in (image.Config as Json)).toBe(hostname);
    expect('WorkingDir' in (image.Config as Json)).toBe(true);
    expect('ContainerConfig' in image).toBe(container);
    expect('VirtualSize' in image).toBe(virtual);
  });

  it.each(['1.44', '1.45'])('the names of a container on a network in %s', async (version) => {
    const { Id, NetworkSettings } = await get(version, '/containers/one/json');
    const { own } = (NetworkSettings as { Networks: Record<string, Json> }).Networks;
    const short = (Id as string).slice(0, 12);
    expect(own!.Aliases).toEqual(version === '1.44' ? [short] : null);
    expect(own!.DNSNames).toEqual(['one', short]);
  });

  it('a network joined later, by the interface name asked for', async () => {
    await engine.api('POST', '/networks/create', { Name: 'later' });
    await engine.api('POST', '/containers/create?name=joins', {
      Image: 'tcompose/host',
      Cmd: ['sleep', '100'],
      HostConfig: { NetworkMode: 'own', Init: true },
    });
    expect((await engine.api('POST', '/containers/joins/start')).status).toBe(204);
    const connected = await engine.api('POST', '/networks/later/connect', {
      Container: 'joins',
      EndpointConfig: { GwPriority: 5, DriverOpts: { 'com.docker.network.endpoint.ifname': 'late0' } },
    });
    expect(connected.status, connected.text).toBe(200);
    const { State } = await get('1.51', '/containers/joins/json');
    const { Pid } = State as { Pid: number };
    expect(readFileSync(`/proc/${Pid}/net/dev`, 'utf8')).toMatch(/^ *late0:/m);
  });

  it('what filters packets, since 1.49', async () => {
    expect('FirewallBackend' in (await get('1.48', '/info'))).toBe(false);
    expect((await get('1.49', '/info')).FirewallBackend).toEqual({ Driver: 'nftables' });
  });

  it('an image of one platform, or a 404 that names the one there is', async () => {
    const inspect = (platform: object) =>
      engine.api<Json>(
        'GET',
        `/v1.49/images/tcompose/host/json?platform=${encodeURIComponent(JSON.stringify(platform))}`,
      );
    const { Os, Architecture } = await get('1.49', '/images/tcompose/host/json');
    expect((await inspect({ os: Os, architecture: Architecture })).status).toBe(200);
    const other = await inspect({ os: 'linux', architecture: 's390x' });
    expect([other.status, other.json.message]).toEqual([
      404,
      `image with reference tcompose/host was found but its platform (${Os}/${Architecture}) does not match the specified platform (linux/s390x) (Fetch it for that platform: \`tcompose image pull --platform\`)`,
    ]);
    expect((await inspect({ os: 1 })).status).toBe(400);
  });
});
