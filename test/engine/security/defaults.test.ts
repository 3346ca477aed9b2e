import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../support/abilities.ts';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { requirements } from '../../support/cli.ts';
import { docker, startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const busybox = staticBusybox();
const why =
  whyNoEngine() ??
  requirements({ commands: ['docker'] }) ??
  (busybox === undefined ? 'needs a static busybox' : undefined);
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('what a process of a container is given', () => {
  let engine: TestEngine;
  const run = (args: readonly string[]) => {
    const { status, stdout, stderr } = docker(engine, args);
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  };
  const groupsOf = (status: string) => /^Groups:\s*(.*?)\s*$/m.exec(status)?.[1];

  beforeAll(async () => {
    engine = await startTestEngine();
    const rootfs = readFileSync(packBusybox(busybox!, engine.root));
    const imported = await engine.api('POST', '/images/create?fromSrc=-&repo=busybox', rootfs);
    expect(imported.status, imported.text).toBe(200);
    run(['run', '-d', '--name', 'lasting', '--group-add', 'audio', 'busybox', 'sleep', '300']);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  /** Without the primary group among them a process could leave it by setgid, and pass by modes that deny the group. */
  const expected: readonly (readonly [flags: string, groups: string])[] = [
    ['', '0 10'],
    ['-u 1000:1000', '1000'],
    ['-u 4711', '0'],
    ['-u 4711:4712', '4712'],
    ['-u alice', '10 1000'],
    ['-u alice:audio', '29'],
    ['-u 1000:1000 --group-add audio --group-add 5000', '29 1000 5000'],
  ];
  const words = (flags: string) => flags.split(' ').filter((word) => word !== '');
  it.each(expected)('its groups, started with "%s", are those Docker gives', (flags, groups) => {
    const status = run(['run', '--rm', ...words(flags), 'busybox', 'cat', '/proc/self/status']);
    expect(groupsOf(status)).toBe(groups);
  });

  it.each([
    ['', '0 10 29'],
    ['-u 1000:1000', '29 1000'],
    ['-u alice', '10 29 1000'],
  ])('its groups, executed with "%s", are those Docker gives', (flags, groups) => {
    expect(groupsOf(run(['exec', ...words(flags), 'lasting', 'cat', '/proc/self/status']))).toBe(groups);
  });

  it('its groups, as a health check, are those of the container', async () => {
    const test = ['--health-cmd', 'cat /proc/self/status', '--health-interval', '1s'];
    run(['run', '-d', '--name', 'checked', '-u', '1000:1000', ...test, 'busybox', 'sleep', '300']);
    const output = async () => {
      const { json } = await engine.api<{ State: { Health: { Log: { Output: string }[] } } }>(
        'GET',
        '/containers/checked/json',
      );
      return json.State.Health.Log.at(-1)?.Output ?? '';
    };
    await until(async () => (await output()) !== '', 'the first check');
    expect(groupsOf(await output())).toBe('1000');
  });

  it('a tunnel’s device may be opened, and no other that it was not given', async (context) => {
    await needs(engine, 'device-nodes', context);
    const open = (major: number, minor: number) =>
      run([
        'run',
        '--rm',
        'busybox',
        'sh',
        '-c',
        `mknod /d c ${major} ${minor} && cat /d 2>&1 </dev/null; true`,
      ]);
    // No driver, no such device; or one that gives nothing to read: anything but the control group's refusal.
    expect(open(10, 200)).not.toContain('not permitted');
    expect(open(10, 229)).toContain('not permitted');
  });

  it('/.dockerenv and /etc/mtab are there, are no change of its own, and give way to the image’s', async () => {
    const look = 'stat -c "%F %a %s" /.dockerenv && stat -c %N /etc/mtab';
    for (const image of ['busybox', 'tcompose/host'])
      expect(run(['run', '--rm', image, 'sh', '-c', look])).toMatch(
        /^regular empty file 755 0\n'?\/etc\/mtab'? -> '?\/proc\/mounts'?\n$/,
      );
    expect(run(['diff', 'lasting'])).not.toMatch(/dockerenv|mtab/);
    const tar = join(engine.root, 'busybox.tar');
    mkdirSync(join(engine.root, 'own/etc'), { recursive: true });
    writeFileSync(join(engine.root, 'own/etc/mtab'), 'the image’s own');
    execFileSync('tar', ['-rf', tar, '-C', join(engine.root, 'own'), './etc/mtab']);
    await engine.api('POST', '/images/create?fromSrc=-&repo=own', readFileSync(tar));
    expect(run(['run', '--rm', 'own', 'cat', '/etc/mtab'])).toBe('the image’s own');
    expect(run(['exec', 'lasting', 'sh', '-c', 'rm /.dockerenv && ls -a /'])).not.toContain('.dockerenv');
    expect(run(['diff', 'lasting'])).toContain('D /.dockerenv');
  });
});
