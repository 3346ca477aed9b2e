import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import { send } from '../build/builder.ts';

const why =
  whyNoEngine() ??
  (process.getuid?.() === 0 ? 'roots are copied for users whom the kernel refuses overlays' : undefined) ??
  (staticBusybox() === undefined ? 'no static busybox' : undefined);
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('roots that are copied', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine({ TCOMPOSE_STORAGE: 'copy' });
    const rootfs = readFileSync(packBusybox(staticBusybox()!, engine.root));
    expect((await engine.api('POST', '/images/create?fromSrc=-&repo=bb', rootfs)).status).toBe(200);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it('are told, kept over a restart, and read when the container has ended', async () => {
    expect(engine.log()).toContain('every container gets a copy of its image');
    expect((await engine.api<{ Driver: string }>('GET', '/info')).json.Driver).toBe('vfs');
    const script = 'if [ -e /kept ]; then exit 7; fi; echo first > /kept; rm /bin/true';
    const body = { Image: 'bb', Cmd: ['/bin/sh', '-c', script], HostConfig: { NetworkMode: 'none' } };
    expect((await engine.api('POST', '/containers/create?name=keeps', body)).status).toBe(201);
    const run = async (code: number) => {
      expect((await engine.api('POST', '/containers/keeps/start')).status).toBe(204);
      await until(async () => {
        const { json } = await engine.api<{ State: { Status: string; ExitCode: number } }>(
          'GET',
          '/containers/keeps/json',
        );
        return json.State.Status === 'exited' && json.State.ExitCode === code;
      }, `an end with ${code}`);
    };
    await run(0);
    expect((await engine.api('GET', '/containers/keeps/archive?path=/kept')).text).toContain('first');
    expect((await engine.api('GET', '/containers/keeps/archive?path=/bin/true')).status).toBe(404);
    await run(7);
  });

  it('give no image, by commit or build, and the sentence says why', async () => {
    const commit = await engine.api<{ message: string }>('POST', '/commit?container=keeps');
    expect([commit.status, commit.json.message]).toEqual([
      501,
      expect.stringContaining('TCOMPOSE_STORAGE is copy'),
    ]);
    const lines: string[] = [];
    const request = { context: join(engine.root, 'lib/empty'), dockerfileText: 'FROM bb\nRUN true\n' };
    await send(engine.socket, '/tcompose/build', JSON.stringify(request), (line) => lines.push(line));
    expect(lines.join('\n')).toContain('images cannot be built here: ');
    expect(lines.join('\n')).toContain('start it without that variable');
    expect(lines.join('\n')).not.toContain('fuse-overlayfs');
  });
});
