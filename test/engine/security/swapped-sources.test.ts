import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/cli.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine() ?? requirements({ commands: ['cc'] });
if (why) console.log(`skipped: ${why}`);

const starts = 40;

describe.skipIf(why)('a mount source that a container swaps for a link to the host', () => {
  let engine: TestEngine;
  let swapper: string;
  let secret: string;
  beforeAll(async () => {
    engine = await startTestEngine();
    swapper = join(engine.root, 'swapper');
    execFileSync('cc', ['-O1', '-static', '-o', swapper, join(import.meta.dirname, 'swapper.c')]);
    secret = join(engine.root, 'secret');
    mkdirSync(secret);
    writeFileSync(join(secret, 'mark'), 'host');
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = async (name: string, HostConfig: object, ...Cmd: string[]) => {
    const made = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd,
      HostConfig: { NetworkMode: 'none', ...HostConfig },
    });
    expect(made.status, made.text).toBe(201);
  };

  /** `real` with a file of its own, and `link` to the host's secret, in a directory that a container can write to. */
  const prepare = (directory: string, link: string) => {
    mkdirSync(join(directory, 'real'), { recursive: true });
    writeFileSync(join(directory, 'real/mark'), 'inside');
    symlinkSync(link, join(directory, 'link'));
  };

  /** What many starts of a container see at the mount, while the names are being exchanged. */
  const seenBy = async (directory: string, HostConfig: object): Promise<Record<string, number>> => {
    await create(
      'victim',
      HostConfig,
      'sh',
      '-c',
      'cat /m/mark > /out/seen 2>/dev/null || echo nothing > /out/seen',
    );
    const attack = spawn(swapper, [directory], { stdio: 'ignore' });
    const seen: Record<string, number> = {};
    for (let i = 0; i < starts; i++) {
      const { status, text } = await engine.api('POST', '/containers/victim/start');
      let word = text.replace(/^.*(leads out of|no such file|not a directory|does not exist).*$/s, '$1');
      if (status === 204) {
        await engine.api('POST', '/containers/victim/wait');
        word = execFileSync('cat', [join(engine.root, 'out/seen')], { encoding: 'utf8' }).trim();
      }
      seen[word] = (seen[word] ?? 0) + 1;
    }
    attack.kill('SIGKILL');
    await engine.api('DELETE', '/containers/victim?force=1');
    return seen;
  };

  it.each([
    ['absolute', (to: string) => to],
    ['relative', (to: string) => `${'../'.repeat(20)}${to.slice(1)}`],
  ])('is mounted or refused as a subpath of a volume, by an %s link', async (name, link) => {
    await engine.api('POST', '/volumes/create', { Name: `v-${name}` });
    const { json } = await engine.api<{ Mountpoint: string }>('GET', `/volumes/v-${name}`);
    prepare(json.Mountpoint, link(secret));
    const mount = {
      Type: 'volume',
      Source: `v-${name}`,
      Target: '/m',
      VolumeOptions: { Subpath: 'real' },
    };
    const seen = await seenBy(json.Mountpoint, {
      Mounts: [mount],
      Binds: [`${join(engine.root, 'out')}:/out`],
    });
    expect(seen).not.toHaveProperty('host');
    expect(Object.keys(seen)).toContain('inside');
    expect(
      Object.keys(seen).filter((word) => !['inside', 'leads out of', 'no such file'].includes(word)),
    ).toEqual([]);
  });

  it('is mounted or refused as a bind below a directory that another container can write to', async () => {
    const shared = join(engine.root, 'shared');
    prepare(shared, secret);
    await create('mallory', { Binds: [`${shared}:/shared`] }, 'true');
    const seen = await seenBy(shared, {
      Binds: [`${join(shared, 'real')}:/m`, `${join(engine.root, 'out')}:/out`],
    });
    expect(seen).not.toHaveProperty('host');
    expect(Object.keys(seen)).toContain('inside');
    expect(
      Object.keys(seen).filter((word) => !['inside', 'leads out of', 'no such file'].includes(word)),
    ).toEqual([]);
  });

  it.each<[string, (shared: string, name: string) => Promise<string>]>([
    ['by its path', async (shared) => join(shared, 'dir/real')],
    [
      'by a link of the machine that leads there',
      async (shared) => {
        symlinkSync(join(shared, 'dir'), `${shared}-current`);
        return `${shared}-current/real`;
      },
    ],
    [
      'as the device of a volume',
      async (shared, name) => {
        const DriverOpts = { type: 'none', o: 'bind', device: join(shared, 'dir/real') };
        expect((await engine.api('POST', '/volumes/create', { Name: name, DriverOpts })).status).toBe(201);
        return name;
      },
    ],
  ])('is neither mounted, copied from and to nor filled, named %s', async (how, named) => {
    const name = how.replaceAll(' ', '-');
    const shared = join(engine.root, `exchanged-${name}`);
    const real = join(shared, 'dir/real');
    mkdirSync(real, { recursive: true });
    const source = await named(shared, name);
    const files = tarOf([{ name: 'm/evil', data: 'of the image' }]);
    expect((await engine.api('POST', '/images/create?fromSrc=-&repo=filled', files)).status).toBe(200);
    await create(`mallory-${name}`, { Binds: [`${shared}:/shared`] }, 'true');
    await create(`victim-${name}`, { Binds: [`${source}:/m`] }, 'true');
    rmdirSync(real);
    symlinkSync(secret, real);
    const archive = `/containers/victim-${name}/archive?path=/m`;
    expect((await engine.api('GET', archive)).text).not.toContain('host');
    await engine.api('PUT', archive, tarOf([{ name: 'evil', data: 'from an archive' }]));
    expect((await engine.api('POST', `/containers/victim-${name}/start`)).status).not.toBe(204);
    rmSync(join(secret, 'mark'));
    const Binds = [`${source}:/m`];
    await engine.api('POST', '/containers/create', { Image: 'filled', Cmd: ['x'], HostConfig: { Binds } });
    const left = readdirSync(secret);
    writeFileSync(join(secret, 'mark'), 'host');
    expect(left).toEqual([]);
  });

  it('has no directory made through it where a bind source is missing', async () => {
    const shared = join(engine.root, 'shared-2');
    mkdirSync(shared);
    await create('mallory-2', { Binds: [`${shared}:/shared`] }, 'true');
    await create('maker', { Binds: [`${shared}/way/deep:/m`] }, 'true');
    symlinkSync(secret, join(shared, 'way'));
    // Links are followed inside: what stands for the host's directory is recreated in the container's, or refused.
    await engine.api('POST', '/containers/maker/start');
    expect(readdirSync(secret)).toEqual(['mark']);
    await create('maker-2', { Binds: [`${shared}/other/deep:/m`] }, 'true');
    expect((await engine.api('POST', '/containers/maker-2/start')).status).toBe(204);
    expect(existsSync(join(shared, 'other/deep'))).toBe(true);
  });

  it('may be a link that stays in the directory, as the machine has them', async () => {
    const shared = join(engine.root, 'shared-3');
    mkdirSync(join(shared, 'releases/1'), { recursive: true });
    writeFileSync(join(shared, 'releases/1/mark'), 'release');
    symlinkSync('releases/1', join(shared, 'current'));
    await create('deployer', { Binds: [`${shared}:/shared`] }, 'true');
    const out = join(engine.root, 'out');
    await create('reader', { Binds: [`${shared}/current:/m`, `${out}:/out`] }, 'cp', '/m/mark', '/out/seen');
    expect((await engine.api('POST', '/containers/reader/start')).status).toBe(204);
    await engine.api('POST', '/containers/reader/wait');
    expect(execFileSync('cat', [join(out, 'seen')], { encoding: 'utf8' })).toBe('release');
  });
});
