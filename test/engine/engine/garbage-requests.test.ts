import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/context.ts';
import { allRoutes } from '../../../src/engine/routes/all.ts';
import type { Lifetime } from '../../../src/engine/routes/tcompose.ts';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { type GarbageRequest, garbageFor } from '../../support/garbage-request.ts';

const busybox = staticBusybox();
const why = whyNoEngine() ?? (busybox === undefined ? 'needs a static busybox' : undefined);
if (why) console.log(`skipped: ${why}`);

/** Making the table touches nothing of the engine; only handlers do. */
const routes = allRoutes({} as Engine, {} as Lifetime);

/** These end the engine when they are understood. */
const ending = ['/tcompose/handover', '/tcompose/shutdown'];

/** The head of the answer is enough: some answers last. */
function statusOf(socketPath: string, { method, path, body }: GarbageRequest) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const asked = request({ socketPath, method, path, agent: false, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      const parts: Buffer[] = [];
      const end = () => {
        resolve({ status, text: Buffer.concat(parts).toString() });
        asked.destroy();
      };
      answer.on('error', end);
      if (status < 400) return end();
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', end);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

describe.skipIf(why)('a request that says anything at all', () => {
  let engine: TestEngine;
  let existing: Record<string, string[]>;
  beforeAll(async () => {
    engine = await startTestEngine();
    const must = async (method: string, path: string, body?: unknown) => {
      const answer = await engine.api<{ Id: string }>(method, path, body);
      expect(answer.status, answer.text).toBeLessThan(300);
      return answer;
    };
    await must('POST', '/images/create?fromSrc=-&repo=img', readFileSync(packBusybox(busybox!, engine.root)));
    await must('POST', '/networks/create', { Name: 'net' });
    await must('POST', '/volumes/create', { Name: 'vol' });
    for (const name of ['up', 'idle'])
      await must('POST', `/containers/create?name=${name}`, {
        Image: 'img',
        Cmd: ['sleep', '1000'],
        StopSignal: 'SIGKILL',
      });
    await must('POST', '/containers/up/start');
    const exec = await must('POST', '/containers/up/exec', { Cmd: ['true'] });
    existing = {
      containers: ['up', 'idle'],
      networks: ['net', 'bridge'],
      volumes: ['vol'],
      images: ['img'],
      exec: [exec.json.Id],
      tcompose: ['up', 'idle'],
    };
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it('that a container takes its own place, or exposes what is no port, is refused and blocks nothing', async () => {
    const own = await engine.api('POST', '/tcompose/containers/up/take-place', { from: 'up' });
    expect([own.status, own.text]).toEqual([409, expect.stringContaining('its own place')]);
    const port = await engine.api('POST', '/containers/create', {
      Image: 'img',
      ExposedPorts: { '0/tcp': {} },
    });
    expect([port.status, port.text]).toEqual([400, expect.stringContaining('invalid port')]);
    expect((await engine.api('GET', '/containers/json?all=1')).status).toBe(200);
    expect((await engine.api('POST', '/containers/up/restart')).status).toBe(204);
  });

  for (const route of routes) {
    const label = `${route.method} ${route.path}`;
    if (ending.includes(route.path)) continue;
    it(`${label} is answered, and never as a fault of the engine`, async () => {
      // What exists stays; and a stop that waits as long as it takes is not one to wait for.
      const requests = garbageFor(route, route.method === 'DELETE' ? {} : existing).filter(
        ({ path }) => !/[?&]t=-/.test(path),
      );
      await fc.assert(
        fc.asyncProperty(requests, async (one) => {
          const { status, text } = await statusOf(engine.socket, one);
          // 501 and 503 say what this engine does not have; a registry that cannot be reached is not the engine's fault.
          const fault = status === 500 && !/"code":"REGISTRY_/.test(text);
          expect(fault, text).toBe(false);
          if (status >= 400 && one.method !== 'HEAD') expect(JSON.parse(text).message).toMatch(/\S/);
        }),
        { numRuns: 40 },
      );
    });
  }
});
