import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect, ContainerUpdateResponse } from '../../../src/engine/api/container.ts';
import { needs } from '../../support/abilities.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('POST /containers/{id}/update', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = async (name: string, host: object = {}): Promise<void> => {
    const answer = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['sleep', '300'],
      HostConfig: { NetworkMode: 'none', Init: true, ...host },
    });
    expect(answer.text).toContain('Id');
    expect(answer.status).toBe(201);
  };
  const start = async (name: string): Promise<void> => {
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
  };
  const update = (name: string, change: object) =>
    engine.api<ContainerUpdateResponse & { message: string }>('POST', `/containers/${name}/update`, change);
  const inspect = async (name: string): Promise<ContainerInspect> =>
    (await engine.retry<ContainerInspect>('GET', `/containers/${name}/json`)).json;
  /** The container's limits as the kernel has them, by file, from whichever control groups this machine has. */
  const limits = async (name: string): Promise<Record<string, string | undefined>> => {
    const { Pid } = (await inspect(name)).State;
    const groups = readFileSync(`/proc/${Pid}/cgroup`, 'utf8').trim().split('\n');
    const read = (controller: string, v1: string, v2: string): string | undefined => {
      const line = groups.find((one) => one.split(':')[1]!.split(',').includes(controller)) ?? groups.at(-1)!;
      const path = line.split(':')[2];
      const unified = line.startsWith('0::');
      const file = unified ? `/sys/fs/cgroup${path}/${v2}` : `/sys/fs/cgroup/${controller}${path}/${v1}`;
      try {
        return readFileSync(file, 'utf8').trim();
      } catch {
        return undefined;
      }
    };
    return {
      memory: read('memory', 'memory.limit_in_bytes', 'memory.max'),
      pids: read('pids', 'pids.max', 'pids.max'),
      cpus: read('cpuset', 'cpuset.cpus', 'cpuset.cpus'),
      quota: read('cpu', 'cpu.cfs_quota_us', 'cpu.max')?.split(' ')[0],
    };
  };
  const mebi = 1024 * 1024;

  it('changes the limits of a running container at once, those too that it had none of', async (context) => {
    await needs(engine, 'limits', context);
    await create('runs');
    await start('runs');
    expect((await update('runs', { Memory: 64 * mebi, PidsLimit: 50 })).status).toBe(200);
    expect(await limits('runs')).toMatchObject({ memory: String(64 * mebi), pids: '50' });
    expect((await update('runs', { NanoCpus: 5e8, CpusetCpus: '0' })).json.Warnings).toEqual([]);
    expect(await limits('runs')).toMatchObject({ quota: '50000', cpus: '0', memory: String(64 * mebi) });
    // Up, where memory may not pass memory and swap together, and down again.
    for (const size of [256 * mebi, 32 * mebi]) {
      expect((await update('runs', { Memory: size })).status).toBe(200);
      expect((await limits('runs')).memory).toBe(String(size));
    }
    expect((await update('runs', { PidsLimit: -1 })).status).toBe(200);
    expect((await limits('runs')).pids).toBe('max');
    expect((await inspect('runs')).HostConfig).toMatchObject({
      Memory: 32 * mebi,
      NanoCpus: 5e8,
      CpusetCpus: '0',
      PidsLimit: -1,
    });
  });

  it('is kept by a killed engine and by a restart of the container', async (context) => {
    await needs(engine, 'limits', context);
    const first = await engine.enginePid();
    process.kill(first, 'SIGKILL');
    await until(async () => (await engine.enginePid()) !== first, 'the next engine');
    expect((await inspect('runs')).HostConfig).toMatchObject({ Memory: 32 * mebi });
    expect((await limits('runs')).memory).toBe(String(32 * mebi));
    expect(await engine.api('POST', '/containers/runs/restart?t=0')).toMatchObject({ text: '', status: 204 });
    expect(await limits('runs')).toMatchObject({ memory: String(32 * mebi), quota: '50000', cpus: '0' });
    expect((await engine.api('POST', '/containers/runs/stop?t=0')).status).toBe(204);
  });

  it('changes the restart policy of the run in progress', async () => {
    await create('restarts', { RestartPolicy: { Name: 'always' } });
    await start('restarts');
    expect((await update('restarts', { RestartPolicy: { Name: 'no' } })).status).toBe(200);
    const { Pid } = (await inspect('restarts')).State;
    const over = engine.api('POST', '/containers/restarts/wait');
    process.kill(Pid, 'SIGKILL');
    await over;
    expect((await inspect('restarts')).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
  });

  it('refuses contradictions and what the kernel refuses, and leaves all as it was', async (context) => {
    await needs(engine, 'limits', context);
    await create('strict', { Memory: 64 * mebi, MemorySwap: 64 * mebi, NanoCpus: 1e9 });
    await start('strict');
    const before = await limits('strict');
    const answers = [
      await update('strict', { Memory: 1000 }),
      await update('strict', { Memory: 128 * mebi }),
      await update('strict', { CpuQuota: 20_000 }),
      await update('strict', { CpusetCpus: '4000' }),
      await update('strict', { RestartPolicy: { Name: 'often' } }),
      await update('strict', { Memory: '64m' }),
      await update('nosuch', {}),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 409, 409, expect.any(Number), 400, 400, 404]);
    expect([400, 409]).toContain(answers[3]!.status);
    expect(answers[1]!.json.message).toContain('update the memoryswap at the same time');
    expect(await limits('strict')).toEqual(before);
    expect((await inspect('strict')).HostConfig).toMatchObject({ Memory: 64 * mebi, CpusetCpus: '' });
  });
});
