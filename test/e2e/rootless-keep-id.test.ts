import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { freePort } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { openFuseToUsers } from '../support/own-devices.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { answerOf, makeUser, processesOf, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const busybox = staticBusybox();
const unmet =
  rootlessUnmet('fuse-overlayfs', 'curl') ??
  (existsSync('/dev/fuse') ? undefined : 'needs /dev/fuse') ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);

const dockerfile = `FROM scratch
ADD bb.tar /
RUN mkdir -p /data/in /gone /work && touch /data/f /gone/old && chown 33:33 /data/in
CMD ["sleep", "1000"]
`;

const project = (port: number) => `
name: keep
services:
  web:
    build: .
    image: keep-image
    init: true
    userns_mode: keep-id
    volumes: [".:/src", "data:/data", "/empty"]
    tmpfs: [/t]
    secrets: [{ source: word, uid: "33", gid: "33", mode: 0400 }]
    configs: [{ source: text, target: /etc/deep/text }]
    healthcheck: { test: ["CMD-SHELL", "id -u > /t/now && mv /t/now /t/health"], interval: 1s }
  names:
    image: keep-image
    userns_mode: keep-id
    user: "33:34"
    command: ["id"]
  other:
    image: keep-image
    userns_mode: "keep-id:uid=200,gid=210"
    volumes: [".:/src"]
    command: ["sh", "-c", "id; stat -c %u:%g /src/compose.yaml; touch /src/of-other"]
  zero:
    image: keep-image
    userns_mode: "keep-id:gid=0"
    network_mode: host
    pid: host
    ipc: host
    command: ["sh", "-c", "id; touch /src/of-zero"]
    volumes: [".:/src"]
  node:
    image: tcompose/host
    init: true
    userns_mode: keep-id
    ports: ["${port}:80"]
    command: ["node", "-e", "require('http').createServer((q, r) => r.end(process.getuid() + '')).listen(80)"]
  image:
    image: keep-image
    userns_mode: keep-id
    volumes: [{ type: image, source: keep-image, target: /shown }]
    command: ["stat", "-c", "%u:%g", "/shown/bin", "/shown/data/in"]
  joins:
    image: keep-image
    network_mode: "service:web"
    pid: "service:web"
    command: ["sh", "-c", "id -u; ls /sys/class/net; test -e /proc/1/exe"]
  sleeper:
    image: keep-image
    init: true
    tty: true
    userns_mode: keep-id
    command: ["sh", "-c", "stat -c %u /dev/console; sleep 1000"]
secrets: { word: { file: ./word } }
configs: { text: { content: hello } }
volumes: { data: {} }
`;

describe.skipIf(unmet !== undefined)(
  `userns_mode: keep-id of a user who is not root${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    let port = 0;
    const ok = (...words: string[]): string => {
      const { status, stdout, stderr } = user.tcompose(...words);
      expect(status, stderr).toBe(0);
      return stdout;
    };
    const inside = (script: string, service = 'web', id = '') =>
      ok('exec', '-T', ...(id === '' ? [] : ['--user', id]), service, 'sh', '-c', script);
    /** `uid:gid` of paths in a container, as it has them. */
    const owners = (...paths: string[]) =>
      inside(`stat -c %u:%g ${paths.join(' ')}`)
        .trim()
        .split('\n');
    const me = () => `${user.uid}:${user.gid}`;
    /** The n-th of his sub-ids. */
    const sub = (file: string, n: number) =>
      Number(readFileSync(file, 'utf8').match(new RegExp(`^${user.name}:(\\d+):`, 'm'))?.[1]) + n - 1;

    beforeAll(async () => {
      expect(openFuseToUsers()).toBeUndefined();
      enterOwnNetwork();
      port = await freePort();
      user = makeUser();
      const tar = join(user.project, 'bb.tar');
      copyFileSync(packBusybox(busybox!, user.home), tar);
      chmodSync(tar, 0o644);
      user.write('Dockerfile', dockerfile);
      user.write('word', 'secret\n');
      user.write('compose.yaml', project(port));
      ok('up', '-d', '--wait', '--build', 'web', 'node', 'sleeper');
    });
    afterAll(() => user?.remove());

    it('runs what names no user as him, in a namespace where root is one of his sub-ids', () => {
      expect(inside('id -u; id -g').trim().split('\n').join(':')).toBe(me());
      const map = inside('cat /proc/self/uid_map').trim().split('\n');
      const lines = map.map((line) => line.trim().split(/ +/).map(Number));
      expect(lines).toContainEqual([0, user.uid, 1]);
      expect(lines).toContainEqual([user.uid, 0, 1]);
      expect(inside('id -u; id -g', 'web', '0')).toBe('0\n0\n');
      expect(inside('cat /t/health').trim()).toBe(String(user.uid));
    });

    it('leaves the files of the image, and those made for the container, to whom they belong', () => {
      expect(owners('/', '/bin/busybox', '/etc', '/etc/hosts', '/etc/resolv.conf', '/t', '/work')).toEqual(
        Array(7).fill('0:0'),
      );
      expect(owners('/run', '/run/secrets', '/run/secrets/word', '/etc/deep', '/etc/deep/text')).toEqual([
        '0:0',
        '0:0',
        '33:33',
        '0:0',
        '0:0',
      ]);
      expect(user.tcompose('exec', '-T', 'web', 'touch', '/bin/new').status).not.toBe(0);
    });

    it('fills a volume with the image’s owners; an empty one is his', () => {
      expect(owners('/data', '/data/f', '/data/in', '/empty')).toEqual(['0:0', '0:0', '33:33', me()]);
      inside('touch /empty/mine');
    });

    it('has his files in a bind mount as his, on both sides', () => {
      expect(owners('/src', '/src/word')).toEqual([me(), me()]);
      inside('touch /src/made');
      inside('touch /src/of-root', 'web', '0');
      expect(statSync(join(user.project, 'made'))).toMatchObject({ uid: user.uid, gid: user.gid });
      expect(statSync(join(user.project, 'of-root'))).toMatchObject({
        uid: sub('/etc/subuid', user.uid),
        gid: sub('/etc/subgid', user.gid),
      });
    });

    it('serves a published port', async () => {
      expect(await answerOf(port)).toBe(String(user.uid));
    });

    it('gives him his terminal', async () => {
      const said = () => ok('logs', '--no-log-prefix', 'sleeper').trim();
      await until(() => said() === String(user.uid), 'whose his terminal is');
    });

    it('keeps owners in copies into and out of a container that runs, and one that does not', () => {
      inside('touch /work/theirs && chown 33:34 /work/theirs', 'web', '0');
      for (const [at, state] of ['running', 'stopped'].entries()) {
        if (state === 'stopped') ok('stop', '-t', '1', 'web');
        ok('cp', 'word', `web:/work/of-root-${at}`);
        ok('cp', '-a', 'word', `web:/work/mine-${at}`);
        ok('cp', '-a', 'word', `web:/data/in-volume-${at}`);
        const header = ok('cp', '-a', 'web:/work/theirs', '-');
        const entry = header.slice(header.lastIndexOf('theirs\0'));
        expect([entry.slice(108, 115), entry.slice(116, 123)]).toEqual(['0000041', '0000042']);
      }
      ok('start', 'web');
      expect(owners('/work/of-root-0', '/work/mine-0', '/data/in-volume-0')).toEqual(['0:0', me(), me()]);
      expect(owners('/work/of-root-1', '/work/mine-1', '/data/in-volume-1')).toEqual(['0:0', me(), me()]);
    });

    it('is committed and exported with the owners that files have in it', () => {
      inside('rm -r /gone && mkdir /gone && touch /gone/new /work/his && chown 33:33 /gone/new', 'web', '0');
      inside(`chown ${me()} /work/his`, 'web', '0');
      const paused = user.tcompose('commit', 'web', 'kept');
      if (paused.status !== 0) expect(paused.stderr).toMatch(/no freezer cgroup.*--pause=false/);
      ok('commit', '--pause=false', 'web', 'kept');
      user.write(
        'two/compose.yaml',
        'services: { plain: { image: kept, command: ["sh", "-c", "ls /gone; stat -c %u:%g /bin /gone/new /work/his"] } }',
      );
      expect(ok('-f', 'two/compose.yaml', 'run', '--rm', '-T', 'plain').trim().split('\n')).toEqual([
        'new',
        '0:0',
        '33:33',
        me(),
      ]);
      ok('export', '-o', 'web.tar', 'web');
      const listed = user.run('tar', 'tvnf', 'web.tar').stdout;
      expect(listed).toMatch(/ 0\/0 .* bin\/busybox$/m);
      expect(listed).toMatch(/ 33\/33 .* gone\/new$/m);
      expect(listed).toMatch(new RegExp(` ${user.uid}/${user.gid} .* work/his$`, 'm'));
      expect(listed).not.toMatch(/gone\/old|\.wh\./);
    });

    it('takes other ids, a user that is named, and the machine’s namespaces', () => {
      expect(ok('run', '--rm', '-T', 'names')).toMatch(/^uid=33 gid=34/);
      expect(ok('run', '--rm', '-T', 'other')).toMatch(/^uid=200 gid=210 [^\n]*\n200:210\n/);
      expect(ok('run', '--rm', '-T', 'zero')).toMatch(new RegExp(`^uid=${user.uid} gid=0`));
      expect(ok('run', '--rm', '-T', 'image')).toBe('0:0\n33:33\n');
      for (const made of ['of-other', 'of-zero'])
        expect(statSync(join(user.project, made))).toMatchObject({ uid: user.uid, gid: user.gid });
    });

    it('lets a container without it join its network and its processes', () => {
      expect(ok('run', '--rm', '-T', 'joins')).toBe('0\neth0\nlo\n');
    });

    it('gives what is synced to whom the command runs as', () => {
      user.write('synced/deep/file', 'x\n');
      const send = `tar c -C synced deep/file | curl -sf --unix-socket ${user.runtime}/tcompose/engine.sock -X POST --data-binary @- http://engine/tcompose/containers/keep-web-1/sync`;
      expect(user.run('sh', '-c', send).stdout).toContain('"written":1');
      expect(owners('/deep', '/deep/file')).toEqual([me(), me()]);
    });

    it('goes on when the engine is killed, and leaves no mount’s program behind', async () => {
      const programs = () => processesOf(user.uid).filter((line) => line.includes('fuse-overlayfs -o'));
      await until(() => programs().length === 3, 'the programs of what has ended to end');
      const engine = processesOf(user.uid).find((line) => /tcompose-engine|engine\.cjs/.test(line));
      expect(engine).toBeDefined();
      process.kill(Number.parseInt(engine!, 10), 'SIGKILL');
      expect(owners('/src')).toEqual([me()]);
      ok('down', '-t', '1', '-v');
      await until(() => programs().length === 0, 'the programs to end');
    });
  },
);

describe.skipIf(unmet !== undefined)('userns_mode: keep-id that can’t be had', () => {
  const refusal = (user: TestUser, mode: string) => {
    user.write(
      'compose.yaml',
      `services: { a: { image: tcompose/host, command: id, userns_mode: "${mode}" } }`,
    );
    const { status, stderr } = user.tcompose('up');
    expect(status).toBe(1);
    return stderr;
  };

  it('is refused in a sentence: with one id, with an id that is not there, without the program', () => {
    expect(openFuseToUsers()).toBeUndefined();
    enterOwnNetwork();
    const asked: readonly [string, { subIds?: boolean; without?: boolean }, string][] = [
      ['keep-id', { subIds: false }, 'you have no ids but your own'],
      ['keep-id:uid=70000', {}, 'user id 70000'],
      ['keep-id', { without: true }, 'needs fuse-overlayfs'],
    ];
    for (const [mode, { subIds = true, without = false }, sentence] of asked) {
      if (without) hideProgram();
      const user = makeUser({ subIds });
      try {
        expect(refusal(user, mode)).toContain(sentence);
      } finally {
        user.remove();
      }
    }
  });
});

/** From what is started from now on. */
function hideProgram(): void {
  const found = spawnSync('sh', ['-c', 'command -v fuse-overlayfs'], { encoding: 'utf8' }).stdout.trim();
  expect(spawnSync('mount', ['--bind', '/dev/null', found]).status).toBe(0);
}
