import { existsSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startTestEngine, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe.skipIf(why)('a state directory that is removed under a running project', () => {
  it.each([
    ['as a whole', ''],
    ['the run directory last', 'lib'],
  ])('takes containers, links and the engine along: %s', async (_, first) => {
    const engine = await startTestEngine();
    const body = {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.1; done'],
      HostConfig: { RestartPolicy: { Name: 'always' }, PortBindings: { '80/tcp': [{ HostPort: '' }] } },
      ExposedPorts: { '80/tcp': {} },
    };
    const pids: number[] = [engine.keeperPid(), await engine.enginePid()];
    for (const name of ['one', 'two']) {
      await engine.api('POST', `/containers/create?name=${name}`, body);
      expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
      const found = await engine.api<{ State: { Pid: number } }>('GET', `/containers/${name}/json`);
      pids.push(found.json.State.Pid);
    }
    if (first !== '') rmSync(`${engine.root}/${first}`, { recursive: true, force: true });
    rmSync(engine.root, { recursive: true, force: true });
    await expect.poll(() => pids.filter(alive), { timeout: 90_000 }).toEqual([]);
    expect(await engine.stop()).toEqual([]);
  });
});
