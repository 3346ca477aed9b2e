import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../support/abilities.ts';
import { staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { outputOfRun } from '../../support/engine-run.ts';
import { type HostileEntry, hostileTar } from '../../support/hostile-tar.ts';

const busybox = staticBusybox();
const why = whyNoEngine() ?? (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);
if (why) console.log(`skipped: ${why}`);

/** Lines that would make root of whoever is asked for by number, or overflow. */
const passwd = `root:x:0:0::/:/bin/sh
42:x:0:0::/:/bin/sh
4294967296:x:0:0::/:/bin/sh
99999999999999999999:x:0:0::/:/bin/sh
unchanged:x:4294967295:4294967295::/:/bin/sh
wrapped:x:4294967296:0::/:/bin/sh
honest:x:1000:1000::/:/bin/sh
`;
const group = 'root:x:0:honest\n43:x:0:\nwrapped:x:4294967296:\n';

describe.skipIf(why)('the user that is asked for', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    const link = (name: string): HostileEntry => ({ name: `bin/${name}`, type: 'link', to: 'busybox' });
    const image = hostileTar([
      { name: 'bin/busybox', data: readFileSync(busybox!), mode: 0o755 },
      ...['sh', 'id', 'sleep', 'mkfifo', 'mknod', 'ln', 'rm', 'mkdir', 'truncate', 'grep'].map(link),
      { name: 'etc/passwd', data: passwd },
      { name: 'etc/group', data: group },
    ]);
    expect((await engine.api('POST', '/images/create?fromSrc=-&repo=users', image)).status).toBe(200);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  /** `uid gid` of a new container for such a user, or the engine's refusal. */
  const started = async (User: string) => {
    const { message, output } = await outputOfRun(engine, {
      Image: 'users',
      User,
      Cmd: ['sh', '-c', 'echo $(id -u) $(id -g)'],
    });
    return message ?? output.trim();
  };

  it.for([
    ['', '0 0'],
    ['42', '42 0'],
    ['1', '1 0'],
    ['0042', '42 0'],
    ['42:43', '42 43'],
    ['honest', '1000 1000'],
    ['honest:43', '1000 43'],
  ])('is a number when it is one, whatever the image says: "%s"', async ([user = '', ids], context) => {
    if (user !== '') await needs(engine, 'ids', context);
    expect(await started(user)).toBe(ids);
  });

  it('is one of all ids, and is refused by name where the engine lacks it', async () => {
    const { stdout } = engine.shell('cat /proc/self/uid_map');
    const all = /^\s*0\s+0\s+4294967295\s*$/.test(stdout);
    const highest = await started('2147483647');
    if (all) expect(highest).toBe('2147483647 0');
    else expect(highest).toContain('it cannot run as user 2147483647: this engine has no such id');
  });

  it.each([
    '4294967296',
    '99999999999999999999',
    '4294967295',
    '2147483648',
    '-1',
    'unchanged',
    'wrapped',
    'root:wrapped',
    'root:4294967296',
  ])('is refused when it is no id: "%s"', async (user) => {
    expect(await started(user)).toMatch(/must be in range|unable to find (user|group)/);
  });

  it('is looked up in the files that the container sees, when others are mounted over those of its image', async (context) => {
    await needs(engine, 'ids', context);
    const directory = mkdtempSync(join(tmpdir(), 'tcu-'));
    const [passwdFile, etc, pipe] = ['passwd', 'etc', 'pipe'].map((name) => join(directory, name));
    writeFileSync(passwdFile!, 'mounted:x:1234:1235::/:/bin/sh\n');
    mkdirSync(etc!);
    writeFileSync(join(etc!, 'passwd'), 'inside:x:77:78::/:/bin/sh\n');
    writeFileSync(join(etc!, 'group'), 'team:x:79:\n');
    execFileSync('mkfifo', [pipe!]);
    const mountedOver = async (User: string, bind: string) => {
      const body = { Image: 'users', User, Cmd: ['sh', '-c', 'echo $(id -u) $(id -g)'] };
      const { message, output } = await outputOfRun(engine, { ...body, HostConfig: { Binds: [bind] } });
      return message ?? output.trim();
    };
    try {
      expect(await mountedOver('mounted', `${passwdFile}:/etc/passwd:ro`)).toBe('1234 1235');
      expect(await mountedOver('honest', `${passwdFile}:/etc/passwd`)).toMatch(/unable to find user honest/);
      expect(await mountedOver('inside:team', `${etc}:/etc`)).toBe('77 79');
      expect(await mountedOver('mounted', `${pipe}:/etc/passwd`)).toMatch(/unable to find user mounted/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is the same for a command in a running container, whatever its account files have become', async (context) => {
    await needs(engine, 'ids', context);
    const { json } = await engine.api<{ Id: string }>('POST', '/containers/create?name=running', {
      Image: 'users',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: 'none', CapAdd: ['MKNOD'] },
    });
    expect((await engine.api('POST', `/containers/${json.Id}/start`)).status).toBe(204);
    const exec = async (User: string, script: string) => {
      const made = await engine.api<{ Id: string; message?: string }>('POST', '/containers/running/exec', {
        User,
        AttachStdout: true,
        Tty: true,
        Cmd: ['sh', '-c', script],
      });
      if (made.status !== 201) return made.json.message ?? '';
      const answer = await engine.api<{ message?: string }>('POST', `/exec/${made.json.Id}/start`, {
        Tty: true,
      });
      return answer.text.trim();
    };
    // Nothing that looks into the account files itself, as \`id\` does.
    const who = "grep -oE '^[UG]id:.[0-9]+' /proc/self/status";
    for (const [user, uid, gid] of [
      ['42', 42, 0],
      ['1', 1, 0],
      ['honest', 1000, 1000],
    ] as const)
      expect(await exec(user, who)).toBe(`Uid:\t${uid}\r\nGid:\t${gid}`);
    for (const user of ['4294967296', 'unchanged', 'wrapped'])
      expect(await exec(user, who)).toMatch(/must be in range|unable to find user/);
    for (const trick of [
      'mkfifo /etc/passwd',
      'mkdir /etc/passwd',
      'ln -s /proc/1/root/etc/passwd /etc/passwd',
      'ln -s /proc/self/fd/0 /etc/passwd',
      'ln -s passwd /etc/passwd',
      'mknod /etc/passwd c 1 5',
      'truncate -s 20G /etc/passwd',
    ]) {
      await exec('0:0', `rm -rf /etc/passwd; ${trick}`);
      expect(await exec('1:1', who), trick).toMatch(/^Uid:\t1\r\nGid:\t1$|passwd/);
      expect(await exec('honest', who), trick).toMatch(/passwd/);
    }
  });
});
