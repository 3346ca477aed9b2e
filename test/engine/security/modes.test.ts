import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/cli.ts';
import { entering, startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

/** Rows of the table under "Modes" in docs/security.md: `path mode`, the path with `<…>` for any name. */
const table = readFileSync('docs/security.md', 'utf8')
  .split('## Modes')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .flatMap(([, paths = '', mode = '']) =>
    [...paths.matchAll(/`([^`]+)`/g)].map(([, path = '']) => ({
      pattern: new RegExp(`^${path.replace(/[.+]/g, '\\$&').replace(/<[^>]+>/g, '[^/]+')}$`),
      mode,
    })),
  );

describe.skipIf(why)('what the engine keeps on the machine', () => {
  let engine: TestEngine;
  /** All there is below the root, with type, mode and owner as the engine sees them. */
  const entries = new Map<string, { readonly link: boolean; readonly mode: string; readonly uid: number }>();

  beforeAll(async () => {
    engine = await startTestEngine();
    // What holds must hold for a root directory that everybody can reach.
    chmodSync(engine.root, 0o755);
    const image = tarOf([{ name: 'seed/file', data: 'seed', mode: 0o4755 }]);
    expect((await engine.api('POST', '/images/create?fromSrc=-&repo=small', image)).status).toBe(200);
    await engine.api('POST', '/networks/create', { Name: 'net' });
    await engine.api('POST', '/containers/create?name=made', {
      Image: 'small',
      Cmd: ['x'],
      HostConfig: { Binds: ['seeded:/seed', '/anonymous'] },
    });
    const script =
      'cp /usr/bin/env /data/suid; chmod 6777 /data/suid /data; cp /data/suid /own; chmod 6777 /own; echo done; exec sleep 300';
    await engine.api('POST', '/containers/create?name=runs', {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', script],
      Env: ['SECRET=of the container'],
      HostConfig: { NetworkMode: 'net', Binds: ['data:/data'], IpcMode: 'shareable' },
    });
    expect((await engine.api('POST', '/containers/runs/start')).status).toBe(204);
    const log = async () => (await engine.api('GET', '/containers/runs/logs?stdout=1')).text;
    await until(async () => (await log()).includes('done'), 'the container to have written');
    const exec = await engine.api<{ Id: string }>('POST', '/containers/runs/exec', { Cmd: ['sleep', '300'] });
    await engine.api('POST', `/exec/${exec.json.Id}/start`, { Detach: true });
    collect();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  function collect(): void {
    // As the machine has it: in the engine's own mount namespace the user's network is mounted over run/netns.
    const [program = '', ...words] = [...entering(engine.keeperPid(), []), 'find', engine.root];
    const printed = ['-mindepth', '1', '-printf', '%y %m %U %P\\n'];
    const { stdout } = spawnSync(program, [...words, ...printed], { encoding: 'utf8' });
    for (const line of stdout.split('\n').filter(Boolean)) {
      const [, type, mode = '', uid, path = ''] = /^(\S) (\S+) (\S+) (.*)$/.exec(line) ?? [];
      entries.set(path, { link: type === 'l', mode: mode.padStart(4, '0'), uid: Number(uid) });
    }
  }

  it('has the modes and the owner that the documentation says', () => {
    expect(table.length).toBeGreaterThan(20);
    const seen = new Set<string>();
    const wrong: string[] = [];
    for (const [path, entry] of entries) {
      const row = table.find(({ pattern }) => pattern.test(path));
      const inside = table.some(
        ({ pattern, mode }) => mode.includes('container') && parents(path).some((one) => pattern.test(one)),
      );
      if (row === undefined) {
        if (!inside) wrong.push(`${path} is not in the table`);
        continue;
      }
      seen.add(String(row.pattern));
      const fits = row.mode.includes('container') || entry.link || entry.mode === row.mode;
      if (!fits) wrong.push(`${path} is ${entry.mode}, not ${row.mode}`);
      if (!row.mode.includes('container') && entry.uid !== 0) wrong.push(`${path} belongs to ${entry.uid}`);
    }
    expect(wrong).toEqual([]);
    expect(seen.size).toBeGreaterThan(20);
  });

  it('is nothing that another user could open, list, look at or run', ({ skip }) => {
    const noOther = requirements({ root: true });
    if (noOther !== undefined) console.log(`skipped: to become another user ${noOther}`);
    skip(noOther !== undefined, noOther);
    const paths = [...entries.keys()];
    expect(paths.filter((path) => path.endsWith('/_data/suid'))).toHaveLength(1);
    const attempt = `
      const fs = require('node:fs');
      const { spawnSync } = require('node:child_process');
      if (process.getuid() === 0) throw new Error('still root');
      fs.accessSync(${JSON.stringify(engine.root)}, fs.constants.X_OK);
      const got = [];
      for (const path of JSON.parse(fs.readFileSync(0, 'utf8'))) {
        const acts = {
          look: () => fs.lstatSync(path), open: () => fs.openSync(path, 'r'), list: () => fs.readdirSync(path),
          write: () => fs.openSync(path, 'a'), make: () => fs.writeFileSync(path + '/evil', ''),
        };
        for (const [name, act] of Object.entries(acts)) try { act(); got.push(name + ' ' + path); } catch {}
        if (/suid|own$/.test(path) && spawnSync(path, ['true']).error === undefined) got.push('run ' + path);
      }
      console.log(JSON.stringify(got));
    `;
    const input = JSON.stringify(paths.map((path) => join(engine.root, path)));
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', attempt], {
      input,
      encoding: 'utf8',
      uid: 54321,
      gid: 54321,
      cwd: '/',
    });
    const got = (JSON.parse(stdout || 'null') as string[] | null)?.map((line) =>
      line.split(`${engine.root}/`).join(''),
    );
    // The two directories themselves are seen, and no more than that.
    expect(got, stderr).toEqual(['look lib', 'look run']);
  });

  it('is closed to others when an earlier version left it open', async () => {
    const open = ['lib', 'run', 'lib/containers', 'lib/volumes', 'run/c'];
    const containers = readdirSync(join(engine.root, 'lib/containers')).map((id) => `lib/containers/${id}`);
    const all = [...open, ...containers, 'lib/volumes/data'];
    for (const path of all) chmodSync(join(engine.root, path), 0o755);
    process.kill(await engine.enginePid(), 'SIGKILL');
    expect((await engine.retry('GET', '/containers/runs/json')).status).toBe(200);
    for (const path of all)
      expect(`${path} ${(lstatSync(join(engine.root, path)).mode & 0o777).toString(8)}`).toBe(`${path} 700`);
  });
});

/** Directories that a path lies in. */
function parents(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}
