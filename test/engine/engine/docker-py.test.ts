import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';

const python = ['/usr/bin/python3', 'python3'].find(
  (one) => spawnSync(one, ['-c', 'import docker']).status === 0,
);
const why = whyNoEngine() ?? (python === undefined ? 'needs docker-py (Debian: python3-docker)' : undefined);
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('docker-py', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    const Cmd = ['sleep', '900'];
    await engine.api('POST', '/containers/create?name=lasting', { Image: 'tcompose/host', Cmd });
    expect((await engine.api('POST', '/containers/lasting/start')).status).toBe(204);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it('gets every byte of a thousand executed commands, with a terminal and without', async () => {
    const script = join(import.meta.dirname, 'docker_py.py');
    const { stdout } = await promisify(execFile)(python!, [script, engine.socket, 'lasting', '1000']);
    expect(stdout.trim()).toBe('0 []');
  });
});
