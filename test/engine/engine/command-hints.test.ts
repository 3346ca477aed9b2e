import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const files: readonly (readonly [name: string, data: string, mode: number, hint: RegExp])[] = [
  ['windows.sh', '#!/bin/sh\r\necho\r\n', 0o755, /Windows line endings/],
  ['bash.sh', '#!/opt/no-such/bash\n', 0o755, /names \/opt\/no-such\/bash, which is not in the container/],
  ['bare.sh', 'echo\n', 0o755, /bare\.sh is not a program .*#!\/bin\/sh/],
  ['data.sh', '#!/bin/sh\n', 0o644, /not executable \(mode 0644\)/],
];

describe.skipIf(why)('a command that cannot be run', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const make = async (name: string, Cmd: readonly string[]) => {
    const made = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd,
      Env: ['PATH=/tried:/usr/bin:/bin'],
      HostConfig: { NetworkMode: 'none' },
    });
    expect(made.status, made.text).toBe(201);
    const archive = tarOf([
      { name: 'tried/', type: 'directory' },
      ...files.map(([file, data, mode]) => ({ name: `tried/${file}`, data, mode })),
      { name: 'tried/linked.sh', type: 'symlink', linkName: '/tried/bare.sh' },
    ]);
    expect((await engine.api('PUT', `/containers/${name}/archive?path=/`, archive)).status).toBe(200);
  };
  const start = async (name: string) => (await engine.api('POST', `/containers/${name}/start`)).text;

  it.each(files)('is explained by its file: %s', async (file, _data, _mode, hint) => {
    await make(file, [`/tried/${file}`]);
    expect(await start(file)).toMatch(hint);
    await engine.api('DELETE', `/containers/${file}`);
  });

  it('is explained by the file that PATH or a link leads to, for an exec too', async () => {
    await make('named', ['windows.sh']);
    const named = await start('named');
    expect(named).toMatch(/Windows line endings/);
    expect(named).not.toContain('not found in $PATH');
    await make('linked', ['/tried/linked.sh']);
    expect(await start('linked')).toMatch(/is not a program/);
    await make('up', ['sleep', '300']);
    expect(await start('up')).toBe('');
    const exec = await engine.api<{ Id: string }>('POST', '/containers/up/exec', { Cmd: ['/tried/bash.sh'] });
    const failed = await engine.api('POST', `/exec/${exec.json.Id}/start`, { Detach: true });
    expect(failed.text).toMatch(/\/opt\/no-such\/bash, which is not in the container/);
    await engine.api('DELETE', '/containers/up?force=1');
  });
});
