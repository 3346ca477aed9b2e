import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { commandLimit, endEngine, requirements, tcomposeIn } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { enterOwnNetwork } from '../support/own-network.ts';

const busybox = staticBusybox();
const unmet =
  requirements({ containers: true, built: true, commands: ['tar', 'script'] }) ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);
const bundle = resolve('dist/tcompose.cjs');

/** Waits for something that has no event; fails by the test's own time limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

describe.skipIf(unmet !== undefined)(`engine-level commands${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const env = { TCOMPOSE_ROOT: join(scratch, 'root') };
  const run = tcomposeIn(scratch, env);
  const inherited = plainEnvironment();
  /** Standard output of a command that is expected to do well. */
  const out = (...args: string[]) => {
    const done = run(...args);
    expect({ stderr: done.stderr, status: done.status }).toEqual({ stderr: '', status: 0 });
    return done.stdout;
  };
  const start = (...args: string[]) =>
    spawn(process.execPath, [bundle, ...args], {
      cwd: scratch,
      env: { ...inherited, ...env },
      stdio: 'pipe',
    });

  beforeAll(() => {
    enterOwnNetwork();
    const tar = packBusybox(busybox!, scratch);
    expect(out('image', 'import', '--change', 'CMD ["/bin/sh"]', '-c', 'ENV FROM=image', tar, 'bb')).toMatch(
      /^sha256:[0-9a-f]{64}\n$/,
    );
  });

  afterAll(() => {
    const ids = run('container', 'ls', '-aq').stdout.split('\n').filter(Boolean);
    if (ids.length > 0) run('container', 'rm', '-fv', ...ids);
    run(...endEngine);
    rmSync(scratch, { recursive: true, force: true });
  });

  describe('container run', () => {
    it('keeps both streams apart and ends with the exit code', () => {
      const done = run('container', 'run', '--rm', 'bb', 'sh', '-c', 'echo out; echo err >&2; exit 7');
      expect([done.stdout, done.stderr, done.status]).toEqual(['out\n', 'err\n', 7]);
    });

    it('reads standard input', async () => {
      const child = start('container', 'run', '--rm', '-i', 'bb', 'wc', '-c');
      child.stdin.end('x'.repeat(300_000));
      const [text] = await Promise.all([child.stdout.toArray(), once(child, 'close')]);
      expect(Buffer.concat(text).toString().trim()).toBe('300000');
    });

    it('has docker run’s exit codes for what is not the command’s doing', () => {
      const codes = [
        run('container', 'run', '--rm', 'bb', 'nosuch'),
        run('container', 'run', '--rm', 'bb', '/etc/passwd'),
        run('container', 'run', '--rm', '--pull', 'never', 'nosuch'),
        run('container', 'run', '--rm', '-u', 'nobody-at-all', 'bb', 'true'),
      ];
      expect(codes.map((done) => done.status)).toEqual([127, 126, 125, 125]);
      for (const done of codes) expect(done.stderr).toMatch(/^error: .+/);
      expect(out('container', 'ls', '-aq')).toBe('');
    });

    it('carries out the flags', () => {
      mkdirSync(join(scratch, 'share'), { recursive: true });
      writeFileSync(join(scratch, 'share/vars'), '# comment\nFILE=yes\n');
      const script =
        'id -u; id -g; pwd; echo $FROM $GIVEN $FILE; cat /etc/hostname; touch /x 2>/dev/null || echo ro; touch /t/x && echo tmpfs; cat /mnt/vars | head -1; cat /etc/hosts';
      const text = out(
        ...[
          'container',
          'run',
          '--rm',
          '-u',
          'alice',
          '-w',
          '/tmp',
          '-e',
          'GIVEN=1',
          '--env-file',
          'share/vars',
        ],
        ...[
          '-h',
          'named',
          '--read-only',
          '--tmpfs',
          '/t:mode=1777',
          '-v',
          './share:/mnt:ro',
          '--add-host',
          'db:10.9.8.7',
        ],
        ...['bb', 'sh', '-c', script],
      );
      const lines = text.split('\n');
      expect(lines.slice(0, 8)).toEqual([
        '1000',
        '1000',
        '/tmp',
        'image 1 yes',
        'named',
        'ro',
        'tmpfs',
        '# comment',
      ]);
      expect(text).toMatch(/^10\.9\.8\.7\s+db$/m);
    });

    it('refuses what it does not understand before anything is made', () => {
      for (const args of [
        ['--memory', 'lots'],
        ['-p', 'http'],
        ['--restart', 'often'],
        ['--mount', 'type=x,target=/a'],
        ['--nosuch'],
      ]) {
        const done = run('container', 'run', ...args, 'bb', 'true');
        expect([done.status, done.stdout]).toEqual([expect.any(Number), '']);
        expect(done.status).not.toBe(0);
        expect(done.stderr).toMatch(/^error: /);
      }
      expect(out('container', 'ls', '-aq')).toBe('');
    });

    it('hands the terminal through, with its size', () => {
      const command = `stty rows 33 cols 101; ${process.execPath} ${bundle} container run --rm -it bb sh -c 'stty size; test -t 0 && echo tty; exit 4'`;
      const done = spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { ...inherited, ...env },
        timeout: commandLimit,
      });
      expect(done.stdout).toContain('33 101');
      expect(done.stdout).toContain('tty');
      expect(done.status).toBe(4);
    });

    it('says so when there is no terminal to hand through', () => {
      const done = run('container', 'run', '--rm', '-it', 'bb', 'true');
      expect(done.stderr).toMatch(/not a TTY/);
      expect(done.status).not.toBe(0);
    });

    it('hands signals on', async () => {
      const script = 'trap "echo got term; exit 9" TERM; echo ready; while :; do sleep 0.1; done';
      const child = start('container', 'run', '--rm', 'bb', 'sh', '-c', script);
      let text = '';
      child.stdout.setEncoding('utf8');
      for await (const part of child.stdout) {
        text += part;
        if (text === 'ready\n') child.kill('SIGTERM');
      }
      const code = child.exitCode ?? (await once(child, 'exit'))[0];
      expect([text, code]).toEqual(['ready\ngot term\n', 9]);
    });
  });

  describe('a container in the background', () => {
    const name = 'lasting';
    beforeAll(() => {
      const options = ['-d', '--name', name, '--label', 'k=v', '--memory', '64m'];
      const script = 'echo one; echo two; echo oops >&2; exec sleep 1000';
      const done = run('container', 'run', ...options, 'bb', 'sh', '-c', script);
      expect(done.stderr).toMatch(
        process.getuid?.() === 0 ? /^$/ : /^(warning: limits \(memory\) are not applied: .*\n)?$/,
      );
      expect([done.status, done.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{64}\n$/)]);
    });

    it('is listed in each format', () => {
      expect(out('container', 'ls')).toMatch(
        /^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n[0-9a-f]{12} +bb +"sh -c/,
      );
      expect(JSON.parse(out('container', 'ls', '--format', 'json'))).toMatchObject({
        Names: name,
        Image: 'bb',
        State: 'running',
        Labels: 'k=v',
      });
      expect(out('container', 'ls', '--format', '{{.Names}}\t{{.State}}')).toBe(`${name}\trunning\n`);
      expect(out('container', 'ls', '-q', '--filter', 'name=other')).toBe('');
    });

    it('is inspected whole and by paths', () => {
      const [whole] = JSON.parse(out('container', 'inspect', name));
      expect(whole).toMatchObject({
        Name: `/${name}`,
        HostConfig: { Memory: 64 * 2 ** 20 },
        State: { Running: true },
      });
      expect(
        out(
          'container',
          'inspect',
          '-f',
          '{{.State.Status}} {{json .Config.Env}} {{index .Config.Labels "k"}}',
          name,
        ),
      ).toMatch(/^running \[.*"FROM=image".*\] v\n$/);
      const missing = run('container', 'inspect', 'nosuch', name);
      expect([missing.status, missing.stderr]).toEqual([
        1,
        expect.stringMatching(/^error: No such container: nosuch/),
      ]);
      expect(JSON.parse(missing.stdout)).toHaveLength(1);
    });

    it('runs further commands', () => {
      expect(
        out(
          'container',
          'exec',
          '-e',
          'A=b',
          '-w',
          '/etc',
          '-u',
          '1000',
          name,
          'sh',
          '-c',
          'echo $A; pwd; id -u',
        ),
      ).toBe('b\n/etc\n1000\n');
      const failures = [['sh', '-c', 'exit 3'], ['nosuch'], ['/etc/passwd']].map((words) =>
        run('container', 'exec', name, ...words),
      );
      expect(failures.map((done) => done.status)).toEqual([3, 127, 126]);
      expect(failures[1]!.stderr).toMatch(/executable file not found/);
      expect(failures[2]!.stderr).toMatch(/permission denied/);
    });

    it('shows its log', async () => {
      await until(() => run('container', 'logs', name).stderr === 'oops\n');
      const done = run('container', 'logs', name);
      expect([done.stdout, done.stderr]).toEqual(['one\ntwo\n', 'oops\n']);
      expect(out('container', 'logs', '--tail', '1', '--until', '2000-01-01T00:00:00Z', name)).toBe('');
      expect(run('container', 'logs', '-t', '-n', '1', name).stderr).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z oops\n$/,
      );
    });

    it('keeps its image from being removed', () => {
      const done = run('image', 'rm', 'bb');
      expect([done.status, done.stderr]).toEqual([1, expect.stringContaining(name)]);
    });

    it('keeps the engine from being stopped, and outlives it by force', () => {
      const refused = run('engine', 'stop');
      expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining(name)]);
      const pid = out('container', 'inspect', '-f', '{{.State.Pid}}', name);
      expect(out('engine', 'stop', '--force')).toMatch(/1 container keeps running/);
      expect(run('engine', 'status').status).toBe(1);
      expect(out('container', 'inspect', '-f', '{{.State.Pid}}', name)).toBe(pid);
      expect(out('container', 'exec', name, 'echo', 'still here')).toBe('still here\n');
    });

    it('is stopped, waited for, started and removed', () => {
      expect(out('container', 'stop', '-t', '0', name)).toBe(`${name}\n`);
      expect(out('container', 'wait', name)).toBe('137\n');
      expect(out('container', 'start', name)).toBe(`${name}\n`);
      expect(out('container', 'kill', '-s', 'KILL', name)).toBe(`${name}\n`);
      expect(out('container', 'rename', name, 'other')).toBe('');
      const done = run('container', 'rm', '-f', 'nosuch', 'other');
      expect([done.status, done.stdout]).toEqual([0, 'nosuch\nother\n']);
      expect(run('container', 'rm', 'nosuch')).toMatchObject({
        status: 1,
        stderr: 'error: No such container: nosuch\n',
      });
    });
  });

  describe('images', () => {
    it('are listed, tagged and removed', () => {
      expect(out('image', 'ls')).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n/);
      out('image', 'tag', 'bb', 'team/box:2');
      expect(out('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}').split('\n')).toEqual(
        expect.arrayContaining(['bb:latest', 'team/box:2', 'tcompose/host:latest']),
      );
      const [image] = JSON.parse(out('image', 'inspect', 'bb'));
      expect(image).toMatchObject({
        RepoTags: ['bb:latest', 'team/box:2'],
        Config: { Cmd: ['/bin/sh'], Env: ['FROM=image'] },
      });
      expect(out('image', 'rm', 'team/box:2')).toBe('Untagged: team/box:2\n');
    });

    it('are not made of what is not an archive, and nothing is left of it', () => {
      const state = () =>
        ['blobs/sha256', 'layers', 'images', 'tmp'].map((name) =>
          readdirSync(join(env.TCOMPOSE_ROOT, 'lib', name)).sort(),
        );
      const before = state();
      writeFileSync(join(scratch, 'garbage'), 'no tar at all\n'.repeat(1000));
      const tar = readFileSync(join(scratch, 'busybox.tar'));
      writeFileSync(join(scratch, 'cut'), tar.subarray(0, tar.length >> 1));
      writeFileSync(join(scratch, 'empty'), '');
      for (const [file, why] of [
        ['garbage', /not a tar/],
        ['cut', /cut off/],
        ['empty', /empty/],
        ['nosuch', /does not exist/],
        ['.', /is a directory/],
      ] as const) {
        const done = run('image', 'import', file, 'bad');
        expect([file, done.status, done.stdout]).toEqual([file, 1, '']);
        expect(done.stderr).toMatch(why);
        expect(done.stderr.match(/^error:/gm)).toHaveLength(1);
      }
      expect(run('image', 'import', 'garbage', 'Bad Name').stderr).toMatch(/invalid reference format/);
      expect(state()).toEqual(before);
    });
  });

  describe('an import that is cut off', () => {
    const state = () =>
      ['blobs/sha256', 'layers', 'images', 'tmp'].map((name) =>
        readdirSync(join(env.TCOMPOSE_ROOT, 'lib', name)).sort(),
      );
    const staging = join(env.TCOMPOSE_ROOT, 'lib', 'tmp');
    /** Starts an import, gives it half of the archive, and waits until it is being unpacked. */
    async function half() {
      const tar = readFileSync(join(scratch, 'busybox.tar'));
      const child = start('image', 'import', '-', 'half');
      child.stdin.on('error', () => {});
      child.stdin.write(tar.subarray(0, tar.length >> 1));
      await until(() => readdirSync(staging).length > 0);
      return child;
    }

    it('by the client leaves nothing', async () => {
      const before = state();
      const child = await half();
      child.kill('SIGKILL');
      await until(() => readdirSync(staging).length === 0);
      expect(state()).toEqual(before);
    });

    it('by a killed engine is one error, and the next engine leaves nothing of it', async () => {
      const before = state();
      const child = await half();
      const errors = child.stderr.toArray();
      const { pid } = JSON.parse(out('engine', 'status', '--json'));
      process.kill(pid, 'SIGKILL');
      const [code] = await once(child, 'exit');
      expect(code).toBe(1);
      expect(Buffer.concat(await errors).toString()).toMatch(/^error: [^\n]+/);
      out('image', 'ls');
      await until(() => readdirSync(staging).length === 0);
      expect(state()).toEqual(before);
      expect(run('image', 'inspect', 'half').status).toBe(1);
    });
  });

  describe('tcompose/host', () => {
    it('runs the machine’s programs and the Node that runs tcompose, and shows no home', () => {
      const text = out(
        'container',
        'run',
        '--rm',
        'tcompose/host',
        'sh',
        '-c',
        '/usr/local/bin/node -p process.version; ls -A /root /home | wc -w; touch /usr/x 2>/dev/null || echo ro; head -1 /etc/passwd',
      );
      expect(text).toBe(`${process.version}\n2\nro\nroot:x:0:0:root:/root:/bin/sh\n`);
    });

    it('shows a Node that lives in a home, and nothing else of that home', () => {
      const home = join(scratch, 'home');
      const tree = join(home, '.nvm/versions/node/v0');
      const node = join(tree, 'bin/node');
      mkdirSync(join(tree, 'bin'), { recursive: true });
      mkdirSync(join(tree, 'lib/node_modules/private'), { recursive: true });
      mkdirSync(join(tree, 'lib/node_modules/npm/bin'), { recursive: true });
      writeFileSync(
        join(tree, 'lib/node_modules/npm/bin/npm-cli.js'),
        '#!/usr/bin/env node\nconsole.log("npm of the tree");\n',
        { mode: 0o755 },
      );
      writeFileSync(join(home, 'a-secret-of-the-home'), 'secret');
      copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
      const other = { ...inherited, TCOMPOSE_ROOT: join(scratch, 'other') };
      const script =
        '/usr/local/bin/node -p process.execPath; npm; ls /opt/tcompose/node/lib/node_modules; find / -xdev -name a-secret-of-the-home | wc -l; find /opt -name private | wc -l';
      const args = ['container', 'run', '--rm', '--network', 'none', 'tcompose/host', 'sh', '-c', script];
      const done = spawnSync(node, [bundle, ...args], {
        env: other,
        encoding: 'utf8',
        timeout: commandLimit,
      });
      spawnSync(node, [bundle, 'engine', 'stop', '--force'], { env: other, timeout: commandLimit });
      expect([done.stderr, done.stdout]).toEqual([
        '',
        '/opt/tcompose/node/bin/node\nnpm of the tree\nnpm\n0\n0\n',
      ]);
    });
  });

  describe('networks, volumes, engine', () => {
    it('lists and inspects', () => {
      expect(out('network', 'ls', '--format', '{{.Name}}').split('\n')).toEqual(
        expect.arrayContaining(['bridge', 'host', 'none']),
      );
      out('container', 'run', '--rm', '-v', 'data:/d', 'bb', 'touch', '/d/f');
      expect(out('volume', 'ls', '-q')).toBe('data\n');
      expect(JSON.parse(out('volume', 'inspect', 'data'))).toMatchObject([{ Name: 'data', Driver: 'local' }]);
      expect(out('volume', 'prune', '-f', '--all')).toMatch(
        /^Deleted Volumes:\ndata\n\nTotal reclaimed space: /,
      );
      expect(run('volume', 'rm', 'nosuch').status).toBe(1);
      expect(run('network', 'rm', 'nosuch').status).toBe(1);
    });

    it('creates, connects and prunes', () => {
      const id = out(
        'network',
        'create',
        '--subnet',
        '10.77.0.0/16',
        '--gateway',
        '10.77.0.9',
        '--label',
        'a=b',
        'made',
      ).trim();
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect(JSON.parse(out('network', 'inspect', 'made'))).toMatchObject([
        { Id: id, IPAM: { Config: [{ Subnet: '10.77.0.0/16', Gateway: '10.77.0.9' }] }, Labels: { a: 'b' } },
      ]);
      out('container', 'run', '-d', '--init', '--name', 'joins', 'bb', 'sleep', '1000');
      out('network', 'connect', '--ip', '10.77.0.44', '--alias', 'other', 'made', 'joins');
      const joined = () =>
        JSON.parse(out('container', 'inspect', '-f', '{{json .NetworkSettings.Networks}}', 'joins'));
      expect(joined().made).toMatchObject({ IPAddress: '10.77.0.44' });
      out('network', 'disconnect', 'made', 'joins');
      expect(Object.keys(joined())).toEqual(['bridge']);
      expect(run('network', 'prune').stderr).toContain('there is no terminal to ask');
      expect(out('network', 'prune', '-f')).toContain('made\n');
      out('container', 'rm', '-f', 'joins');
      expect(out('volume', 'create', '--label', 'a=b', 'named')).toBe('named\n');
      expect(out('volume', 'create')).toMatch(/^[0-9a-f]{64}\n$/);
      expect(JSON.parse(out('volume', 'inspect', 'named'))).toMatchObject([{ Labels: { a: 'b' } }]);
      out('volume', 'prune', '-f', '--all');
    });

    it('tells the engine’s state', () => {
      expect(out('engine', 'status')).toMatch(/^version .*\nengine +pid \d+/);
      expect(JSON.parse(out('engine', 'status', '--json'))).toMatchObject({
        running: true,
        containers: { total: 0 },
      });
      expect(out('engine', 'logs', '-n', '1').split('\n')).toHaveLength(2);
    });

    it('runs in the foreground until Ctrl-C', async () => {
      out('engine', 'stop', '--force');
      const child = start('engine', 'run');
      let text = '';
      child.stdout.setEncoding('utf8');
      for await (const part of child.stdout) {
        if (text === '') child.kill('SIGINT');
        text += part;
      }
      expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
      expect(text).toMatch(/^engine .* serves /);
      expect(text).toMatch(/The engine has stopped/);
      expect(run('engine', 'status').status).toBe(1);
    });

    it('leaves an engine that DOCKER_HOST names alone', () => {
      const done = tcomposeIn(scratch, { ...env, DOCKER_HOST: 'tcp://127.0.0.1:1' })('engine', 'stop');
      expect(done.stderr).toMatch(/not ours to manage/);
      expect(done.status).not.toBe(0);
    });
  });
});
