import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staticBusybox } from '../support/busybox.ts';
import { type Canary, makeCanary } from '../support/canary.ts';
import { requirements } from '../support/cli.ts';
import { type HostileEntry, hostileTar } from '../support/hostile-tar.ts';
import { lasting, leftovers, mountLines } from '../support/leaks.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const busybox = staticBusybox();
const unmet =
  requirements({ containers: true, built: true }) ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);

/** Descriptors that a process on its way into a container might have open. */
const descriptors = [3, 4, 5, 6, 7, 8];
/** All that is readable at a path, links not followed. */
function contents(path: string): string {
  const about = lstatSync(path);
  if (about.isFile()) return readFileSync(path, 'latin1');
  return about.isDirectory()
    ? readdirSync(path)
        .map((name) => contents(join(path, name)))
        .join('')
    : '';
}

const up = '../../../../../../../../..';

describe.skipIf(unmet !== undefined)(
  `an image that tries everything${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let canary: Canary;
    let before: string[];
    let mounts: ReadonlySet<string>;

    const link = (name: string, to: string): HostileEntry => ({ name, type: 'link', to });
    const file = (name: string, data: string | Buffer = '', mode = 0o644): HostileEntry => ({
      name,
      data,
      mode,
    });
    const directory = (name: string): HostileEntry => ({ name, type: 'directory', mode: 0o755 });
    const programs = ['sh', 'cat', 'echo', 'ls', 'id', 'true', 'sleep', 'head', 'stat', 'touch'];
    const base = (): HostileEntry[] => [
      directory('bin'),
      file('bin/busybox', readFileSync(busybox!), 0o4755),
      ...programs.map((name) => link(`bin/${name}`, 'busybox')),
    ];

    /** Runs the CLI: it must end, with sense, and without the secret of the canary or a word of it having run. */
    const attack = (...args: string[]) => {
      const { status, signal, stdout, stderr } = bench.run(...args);
      const said = `${args.join(' ')}: ${stdout}${stderr}`;
      expect(signal, `${said} ended in time`).toBe(null);
      expect(said).not.toMatch(/This is a bug|unexpected:|ENGINE_INTERNAL/);
      expect(said.replace(args.join(' '), '')).not.toMatch(/ESCAPED/);
      expect(said).not.toContain(canary.secret);
      return { status, stdout, stderr };
    };
    const imported = async (name: string, entries: readonly HostileEntry[]) => {
      writeFileSync(join(bench.dir, `${name}.tar`), hostileTar([...base(), ...entries]));
      return attack('image', 'import', `${name}.tar`, `evil/${name}`);
    };

    beforeAll(() => {
      mounts = mountLines();
      bench = workbench();
      canary = makeCanary(join(bench.dir, 'canary'), busybox!);
      before = canary.fingerprint();
    });
    afterAll(() => bench?.close());

    it('has everything at once in it, and is an image like any other', async () => {
      const there = canary.path;
      const { status } = await imported('all', [
        directory('etc'),
        link('etc/passwd', `${there}/passwd`),
        { name: 'etc/group', type: 'fifo' },
        link('etc/hosts', `${there}/hosts`),
        link('etc/resolv.conf', `${up}${there}/resolv.conf`),
        link('etc/hostname', `${there}/hostname`),
        link('etc/mtab', `${there}/null`),
        directory('dev'),
        ...['null', 'console', 'ptmx', 'tty'].map((name) => link(`dev/${name}`, `${there}/${name}`)),
        ...['pts', 'shm', 'mqueue'].map((name) => link(`dev/${name}`, there)),
        link('data', there),
        link('run', `${up}${there}`),
        link('away', '/proc/self/fd/5'),
        ...descriptors.map((fd) => link(`bin/evil-${fd}`, `/proc/self/fd/${fd}/${up}${there}/busybox`)),
        file('bin/script', `#!/proc/self/fd/4/${up}${there}/busybox echo ESCAPED\n`, 0o755),
        { name: 'mem', type: 'character', device: [1, 1], mode: 0o666 },
        { name: 'disk', type: 'block', device: [8, 0], mode: 0o666 },
        file('setuid', readFileSync(busybox!), 0o6755),
        { name: 'bin/hard', type: 'hard', to: 'bin/busybox', mode: 0o755 },
        { ...directory('redirect'), xattrs: { 'trusted.overlay.redirect': '/etc' } },
        { ...file('capable'), xattrs: { 'security.capability': 'no capability' } },
        file('name\x1b]0;owned\x07\nsecond line'),
        file('n'.repeat(255)),
        file('.wh.gone'),
        file(`${there.slice(1)}/made`, 'inside'),
      ]);
      expect(status).toBe(0);
      const shown = attack(
        'container',
        'run',
        '--rm',
        'evil/all',
        'sh',
        '-c',
        'stat -c %F /dev/null; head -c1 /mem; head -c1 /disk; cat /canary 2>&1; id -u',
      );
      expect(shown.stdout).toMatch(/^character special file\n/);
      // A user's engine can make no devices: an image's are left out.
      if (process.getuid?.() === 0)
        expect(shown.stderr).toMatch(/\/mem: Operation not permitted\n.*\/disk: Operation not permitted/);
      expect(shown.stdout).toMatch(/^0$/m);
    });

    it('runs no program of the host, by whatever descriptor its paths lead through', () => {
      for (const fd of descriptors) {
        const path = `/proc/self/fd/${fd}/${up}${canary.path}/busybox`;
        attack('container', 'run', '--rm', 'evil/all', path, 'echo', 'ESCAPED');
        attack('container', 'run', '--rm', '--init', 'evil/all', `/bin/evil-${fd}`, 'echo', 'ESCAPED');
      }
      attack('container', 'run', '--rm', '--entrypoint', '/bin/script', 'evil/all');
      attack('container', 'run', '--rm', '-w', '/away', 'evil/all', 'cat', `..${canary.path}/hosts`);
      attack(
        'container',
        'run',
        '--rm',
        '-w',
        '/proc/self/fd/6',
        'evil/all',
        'cat',
        `${up}${canary.path}/hosts`,
      );
    });

    it('leads no user, volume, file or secret astray', () => {
      attack('container', 'run', '--rm', '--user', 'somebody', 'evil/all', 'id');
      attack('container', 'run', '--rm', '--user', '1000:wheel', 'evil/all', 'id');
      attack('container', 'run', '--rm', '-v', 'vol:/data', 'evil/all', 'touch', '/data/made');
      attack('container', 'run', '--rm', '-v', `${bench.dir}/evil.env:/data/x/y`, 'evil/all', 'true');
      attack('container', 'run', '--rm', '--tmpfs', '/run/secrets', 'evil/all', 'touch', '/run/secrets/made');
      attack('container', 'run', '--rm', '-v', 'vol:/dev/pts', '-t', 'evil/all', 'true');
      bench.write(
        'compose.yaml',
        `name: evilimage
services:
  web:
    image: evil/all
    command: sleep 300
    healthcheck: {test: [CMD, /bin/evil-4, echo, ESCAPED], interval: 1s, retries: 1}
    configs: [{source: text, target: /data/made}]
    secrets: [{source: text, target: /run/secret}]
configs: {text: {content: inside}}
secrets: {text: {environment: HOME}}
`,
      );
      expect(attack('up', '-d').status).toBe(0);
      expect(attack('exec', 'web', 'cat', '/data/made').stdout).toBe('inside');
      for (const fd of descriptors) attack('exec', 'web', `/bin/evil-${fd}`, 'echo', 'ESCAPED');
      attack('exec', '-w', '/away', 'web', 'cat', `..${canary.path}/hosts`);
      bench.write('copied', 'from the host');
      attack('cp', 'copied', 'web:/data/copied');
      attack('cp', 'copied', 'web:/etc/hosts');
      attack('cp', 'web:/data/hosts', 'out-hosts');
      attack('cp', 'web:/data', 'out-data');
      attack('stop', '-t', '0');
      attack('cp', 'copied', 'web:/data/stopped');
      attack('cp', 'web:/etc/passwd', 'out-passwd');
      expect(attack('down', '-v', '-t', '0').status).toBe(0);
    });

    it.each<[string, (there: string) => HostileEntry[]]>([
      ['/etc', (there) => [link('etc', there)]],
      ['a root that is a link', (there) => [link('./', there)]],
      ['/proc', (there) => [link('proc', there)]],
      ['/sys', (there) => [link('sys', there)]],
      ['/dev', (there) => [link('dev', there)]],
      [
        'a device as its passwd',
        () => [directory('etc'), { name: 'etc/passwd', type: 'character', device: [1, 5] }],
      ],
      [
        'a passwd of 9 MiB',
        () => [directory('etc'), file('etc/passwd', `x:x:0:0::/:/bin/sh\n${'#'.repeat(9 << 20)}`)],
      ],
      [
        'a circle of links as its passwd',
        () => [directory('etc'), link('etc/passwd', 'group'), link('etc/group', 'passwd')],
      ],
    ])('finds nothing outside with %s', async (what, entries) => {
      const name = what.replace(/\W+/g, '').toLowerCase();
      expect((await imported(name, entries(canary.path))).status).toBe(0);
      attack(
        'container',
        'run',
        '--rm',
        `evil/${name}`,
        'sh',
        '-c',
        'cat /etc/hosts /proc/hosts /dev/hosts 2>&1; touch /etc/made /dev/made',
      );
      attack('container', 'run', '--rm', '-t', '--user', 'x', `evil/${name}`, 'id');
    });

    it.each<[string, (there: string) => HostileEntry[]]>([
      ['names that climb', (there) => [file(`${up}${there}/made`)]],
      ['a hard link out', (there) => [{ name: 'hard', type: 'hard', to: `${up}${there}/hosts` }]],
      ['an absolute hard link', (there) => [{ name: 'hard', type: 'hard', to: `${there}/hosts` }]],
      [
        'a hard link through a link',
        (there) => [link('s', there), { name: 'hard', type: 'hard', to: 's/hosts' }],
      ],
      ['a link to nothing', () => [link('nothing', '')]],
      ['a whiteout of the directory above', () => [file('.wh...')]],
      ['a name of 300 bytes', () => [file('n'.repeat(300))]],
    ])('is refused for %s, and leaves nothing', async (what, entries) => {
      const { status, stderr } = await imported(what.replace(/\W+/g, '').toLowerCase(), entries(canary.path));
      expect(status).toBe(1);
      expect(stderr).toMatch(/^error: the archive cannot be used: /);
    });

    it('changed nothing on the host and left nothing there', async () => {
      for (const name of readdirSync(bench.dir).filter((one) => one.startsWith('out-')))
        expect(contents(join(bench.dir, name)), name).not.toContain(canary.secret);
      bench.run('engine', 'stop', '--force');
      expect(canary.fingerprint()).toEqual(before);
      expect(await lasting(() => leftovers(bench.env.TCOMPOSE_ROOT!, mounts))).toEqual([]);
    });
  },
);
