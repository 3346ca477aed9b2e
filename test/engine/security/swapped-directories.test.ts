import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/cli.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine() ?? requirements({ commands: ['cc'] });
if (why) console.log(`skipped: ${why}`);

const secret = 'a secret of the host';
/** The host's side is reached about every tenth time when a path is looked up twice. */
const rounds = 80;

describe.skipIf(why)('a directory that its container swaps with a link to the host', () => {
  let engine: TestEngine;
  let canary: string;
  beforeAll(async () => {
    engine = await startTestEngine();
    canary = join(engine.root, 'canary');
    mkdirSync(canary);
    writeFileSync(join(canary, 'file'), secret);
    mkdirSync(join(engine.root, 'tools'));
    const source = join(import.meta.dirname, 'swap.c');
    execFileSync('cc', ['-O1', '-static', '-o', join(engine.root, 'tools/swap'), source]);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = async (name: string, command: readonly string[], binds: readonly string[]) => {
    const answer = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: command,
      HostConfig: { NetworkMode: 'none', Binds: binds },
    });
    expect([answer.status, answer.text]).toEqual([201, expect.anything()]);
  };
  const run = async (name: string) =>
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
  const logOf = async (name: string) =>
    (await engine.api('GET', `/containers/${name}/logs?stdout=1&stderr=1`)).text;
  /** A container that swaps `<directory>/swapped` with a link to the canary until it is ended. */
  const swapper = async (name: string, directory: string, binds: readonly string[]) => {
    const [swapped, link] = [`${directory}/swapped`, `${directory}/link`];
    await create(name, ['/tools/swap', swapped, link, canary], [`${engine.root}/tools:/tools:ro`, ...binds]);
    await run(name);
    await until(async () => (await logOf(name)).includes('swapping'), 'the swapping to begin');
  };
  const expectUntouched = async (name: string) => {
    expect(readdirSync(canary)).toEqual(['file']);
    expect(readFileSync(join(canary, 'file'), 'utf8')).toBe(secret);
    expect([statSync(canary).mode & 0o777, statSync(canary).uid]).toEqual([0o755, process.getuid!()]);
    const state = await engine.api<{ State: { Running: boolean } }>('GET', `/containers/${name}/json`);
    expect(state.json.State.Running, await logOf(name)).toBe(true);
  };
  const upload = tarOf([
    { name: 'swapped/', type: 'directory', mode: 0o777, uid: 4242 },
    { name: 'swapped/evil', data: 'written from the container', mode: 0o4755 },
  ]);
  const file = tarOf([{ name: 'evil', data: 'written from the container', mode: 0o4755 }]);

  /** Copies into and out of `container` while another, or itself, swaps a directory at `path`. */
  const attack = async (container: string, path: string) => {
    const seen = new Set<number>();
    for (let round = 0; round < rounds; round++) {
      const answers = [
        await engine.api('GET', `/containers/${container}/archive?path=${path}/swapped/.`),
        await engine.api('GET', `/containers/${container}/archive?path=${path}`),
        await engine.api('HEAD', `/containers/${container}/archive?path=${path}/swapped/file`),
        await engine.api('PUT', `/containers/${container}/archive?path=${path}/swapped`, file),
        await engine.api('PUT', `/containers/${container}/archive?copyUIDGID=1&path=${path}`, upload),
      ];
      for (const answer of answers) {
        seen.add(answer.status);
        expect(answer.text.includes(secret), `round ${round}`).toBe(false);
      }
      expect(answers[2]!.status, `round ${round}`).toBe(404);
    }
    expect([...seen].filter((status) => ![200, 400, 404].includes(status))).toEqual([]);
  };

  it('leads nowhere when a stopped container shares the volume', async () => {
    await swapper('sharer', '/data', ['shared:/data']);
    await create('stopped', ['true'], ['shared:/data']);
    await attack('stopped', '/data');
    await expectUntouched('sharer');
  });

  it('leads nowhere in the container itself, nor do its changes and its export', async () => {
    await swapper('itself', '/srv', []);
    await attack('itself', '/srv');
    for (let round = 0; round < rounds; round++) {
      const changes = await engine.api<{ Path: string }[]>('GET', '/containers/itself/changes');
      expect(changes.status).toBe(200);
      expect(changes.text).not.toContain('/srv/swapped/file');
    }
    await expectUntouched('itself');
  });

  it('leads nowhere while the volume is filled from an image', async () => {
    const files = Array.from({ length: 400 }, (_, at) => ({ name: `seed/sub/file-${at}`, data: 'seed' }));
    const image = await engine.api('POST', '/images/create?fromSrc=-&repo=seed', tarOf(files));
    expect(image.status).toBe(200);
    for (let round = 0; round < 10; round++) {
      const [name, volume] = [`swapper-${round}`, `volume-${round}`];
      const command = ['/tools/swap', '/data/sub', '/data/link', canary, 'wait'];
      await create(name, command, [`${engine.root}/tools:/tools:ro`, `${volume}:/data:nocopy`]);
      await run(name);
      await until(async () => (await logOf(name)).includes('waiting'), 'the swapper to wait');
      // It may fail, for what it makes is moved away.
      await engine.api('POST', `/containers/create?name=filler-${round}`, {
        Image: 'seed',
        Cmd: ['x'],
        HostConfig: { Binds: [`${volume}:/seed`] },
      });
      await expectUntouched(name);
      expect((await engine.api('DELETE', `/containers/${name}?force=1`)).status).toBe(204);
    }
  });

  it('is not read for the accounts of a process', async () => {
    await create(
      'accounts',
      ['/tools/swap', '/etc/passwd', '/etc/link', join(canary, 'file')],
      [`${engine.root}/tools:/tools:ro`],
    );
    writeFileSync(join(canary, 'file'), 'evil:x:4711:4711::/:/bin/sh\n');
    await run('accounts');
    await until(async () => (await logOf('accounts')).includes('swapping'), 'the swapping to begin');
    for (let round = 0; round < rounds; round++) {
      const exec = await engine.api('POST', '/containers/accounts/exec', { Cmd: ['true'], User: 'evil' });
      expect([exec.status, exec.text]).toEqual([400, expect.stringContaining('evil')]);
    }
    writeFileSync(join(canary, 'file'), secret);
    await expectUntouched('accounts');
  });
});
