import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('what a removal leaves to be done after its answer', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const bridgeOf = (id: string) =>
    (
      JSON.parse(readFileSync(join(engine.root, 'lib', 'networks', `${id}.json`), 'utf8')) as {
        bridge: string;
      }
    ).bridge;
  const links = () => engine.links();
  const trash = () => ['lib', 'run'].flatMap((part) => readdirSync(join(engine.root, part, 'trash')));
  const inTime = async (found: () => readonly string[]) => {
    for (let tries = 0; found().length > 0 && tries < 3600; tries++) await sleep(25);
    return found();
  };
  const createNetwork = (subnet: string) =>
    engine.api<{ Id: string }>('POST', '/networks/create', {
      Name: 'again',
      IPAM: { Config: [{ Subnet: subnet }] },
    });
  const createContainer = async (Cmd = ['sh', '-c', 'exit 0']) => {
    const { json } = await engine.api<{ Id: string }>('POST', '/containers/create', {
      Image: 'tcompose/host',
      Cmd,
    });
    return json.Id;
  };

  it('lets a network with the same subnet be made again at once', async () => {
    const made: string[] = [];
    for (let round = 0; round < 5; round++) {
      const answer = await createNetwork('10.213.77.0/24');
      expect(answer.status, answer.text).toBe(201);
      made.push(bridgeOf(answer.json.Id));
      expect(links()).toContain(made.at(-1));
      expect((await engine.api('DELETE', `/networks/${answer.json.Id}`)).status).toBe(204);
    }
    expect(await inTime(() => links().filter((name) => made.includes(name)))).toEqual([]);
  });

  it('lets a container be started again at once after it ended, and empties the trash', async () => {
    const id = await createContainer();
    for (let round = 0; round < 5; round++) {
      const ended = engine.api<{ StatusCode: number }>('POST', `/containers/${id}/wait?condition=next-exit`);
      expect((await engine.api('POST', `/containers/${id}/start`)).status).toBe(204);
      expect((await ended).json.StatusCode).toBe(0);
    }
    expect((await engine.api('DELETE', `/containers/${id}?force=1`)).status).toBe(204);
    expect(readdirSync(join(engine.root, 'lib', 'containers'))).toEqual([]);
    expect(await inTime(trash)).toEqual([]);
  });

  it('by prune leaves to others what they remove or start at that moment', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => createContainer()));
    const stays = await createContainer(['sleep', '300']);
    const started = engine.api('POST', `/containers/${stays}/start`);
    const prune = () => engine.api<{ ContainersDeleted: string[] }>('POST', '/containers/prune');
    const [first, second, ...removed] = await Promise.all([
      prune(),
      prune(),
      ...ids.slice(8).map((id) => engine.api<never>('DELETE', `/containers/${id}`)),
    ] as const);
    expect([first!.status, second!.status]).toEqual([200, 200]);
    for (const { status } of removed) expect([204, 404, 409]).toContain(status);
    const pruned = [...first!.json.ContainersDeleted, ...second!.json.ContainersDeleted];
    expect(new Set(pruned).size).toBe(pruned.length);
    const left = await engine.api<{ Id: string }[]>('GET', '/containers/json?all=1');
    if ((await started).status === 204) expect(left.json.map(({ Id }) => Id)).toEqual([stays]);
    else expect(pruned).toContain(stays);
    await engine.api('DELETE', `/containers/${stays}?force=1`);
  });

  it('is done by the next engine when this one is killed right after the answer', async () => {
    const made = await createNetwork('10.213.78.0/24');
    const bridge = bridgeOf(made.json.Id);
    expect(links()).toContain(bridge);
    const ids = [await createContainer(), await createContainer()];
    const pid = await engine.enginePid();
    const answers = await Promise.all([
      ...ids.map((id) => engine.api('DELETE', `/containers/${id}`)),
      engine.api('DELETE', `/networks/${made.json.Id}`),
    ]);
    process.kill(pid, 'SIGKILL');
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect((await engine.retry<unknown[]>('GET', '/containers/json?all=1')).json).toEqual([]);
    expect(await engine.enginePid()).not.toBe(pid);
    expect(await inTime(() => links().filter((name) => name === bridge))).toEqual([]);
    expect(await inTime(trash)).toEqual([]);
  });
});
