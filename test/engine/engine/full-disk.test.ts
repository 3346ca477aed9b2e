import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import { alive, startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

/** Writes of state in the life below, with some to spare: after so many the disk fills up. */
const cells = Array.from({ length: 16 }, (_, count) => count);

describe.skipIf(why)('a disk that fills up', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tcd-'));
  const full = join(directory, 'full');
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine({ TCOMPOSE_FULL_DISK: full });
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    expect(await engine.stop()).toEqual([]);
  });

  const inspect = async (name: string): Promise<ContainerInspect | undefined> => {
    const answer = await engine.api<ContainerInspect>('GET', `/containers/${name}/json`);
    return answer.status === 200 ? answer.json : undefined;
  };

  beforeEach(() => rmSync(full, { force: true }));

  it.each(cells)('after %d writes of a life leaves nothing that runs for ever', async (count) => {
    const name = `life${count}`;
    writeFileSync(full, String(count));
    const created = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['sleep', '300'],
      Healthcheck: { Test: ['CMD', 'true'], Interval: 50_000_000 },
      HostConfig: { NetworkMode: 'none' },
    });
    const steps: { status: number; text: string }[] = [created];
    let pid = 0;
    if (created.status === 201) {
      steps.push(await engine.api('POST', `/containers/${name}/start`));
      const running = await inspect(name);
      pid = running?.State.Pid ?? 0;
      if (steps[1]!.status === 204) expect(running?.State.Status).toBe('running');
      steps.push(await engine.api('POST', `/containers/${name}/rename?name=${name}b`));
      const now = steps[2]!.status === 204 ? `${name}b` : name;
      expect(await inspect(now)).toBeDefined();
      if (pid > 0) {
        const killed = await engine.api('POST', `/containers/${now}/kill`);
        expect(killed.status).toBe(204);
        await until(async () => !alive(pid), 'the container to end');
        expect((await inspect(now))?.State.Status).toBe('exited');
      }
      expect((await engine.api('DELETE', `/containers/${now}?force=1`)).status).toBe(204);
      expect(await inspect(now)).toBeUndefined();
    }
    for (const { status, text } of steps)
      if (status >= 400) expect(text).toContain('no space is left on the disk');
    // Its name and everything else is to be had again.
    rmSync(full, { force: true });
    const again = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['true'],
    });
    expect(again.status).toBe(201);
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
    expect((await engine.api('POST', `/containers/${name}/wait`)).status).toBe(200);
    expect((await engine.api('DELETE', `/containers/${name}?force=1`)).status).toBe(204);
  });

  it('writes what it could not as soon as it can, so that the next engine knows', async () => {
    const create = await engine.api('POST', '/containers/create?name=late', {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', 'exit 7'],
      HostConfig: { NetworkMode: 'none' },
    });
    expect(create.status).toBe(201);
    // The specification and `starting` are written; what comes after is not.
    writeFileSync(full, '2');
    expect((await engine.api('POST', '/containers/late/start')).status).toBe(204);
    expect((await engine.api('POST', '/containers/late/wait')).json).toMatchObject({ StatusCode: 7 });
    rmSync(full, { force: true });
    await until(
      async () => engine.log().includes('container late is on disk again'),
      'the state to be written',
    );
    process.kill(await engine.enginePid(), 'SIGKILL');
    const answer = await engine.retry<ContainerInspect>('GET', '/containers/late/json');
    expect(answer.json.State).toMatchObject({ Status: 'exited', ExitCode: 7 });
  });
});
