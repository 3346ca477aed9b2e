import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { endEngine, requirements, tcomposeIn } from '../support/cli.ts';
import { killTogether, until } from '../support/engine.ts';
import { plainEnvironment } from '../support/environment.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const busybox = staticBusybox();
const unmet =
  requirements({ containers: true, built: true, commands: ['flock', 'tar'] }) ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);
const noMounts = process.getuid?.() === 0 ? '' : ' (skipped: only root can mount a small disk)';
const bundle = resolve('dist/tcompose.cjs');

type Done = Pick<SpawnSyncReturns<string>, 'status' | 'stdout' | 'stderr'>;

describe.skipIf(unmet !== undefined)(`bad input to the engine${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  let tar: string;
  beforeAll(() => {
    tar = packBusybox(busybox!, scratch);
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** Runs the CLI while this process goes on serving sockets. */
  const runBeside = (env: Record<string, string>, ...args: string[]): Promise<Done> =>
    new Promise((done) => {
      const child = spawn(process.execPath, [bundle, ...args], {
        cwd: scratch,
        env: { ...plainEnvironment(), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [out, err]: [string[], string[]] = [[], []];
      child.stdout.setEncoding('utf8').on('data', (part: string) => out.push(part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => err.push(part));
      child.once('close', (status) => done({ status, stdout: out.join(''), stderr: err.join('') }));
    });

  /** One error, in words, without a stack; a status that is not 0; the text of the error. */
  const oneError = (done: Done, status: number): string => {
    expect({ status: done.status, stdout: done.stdout, stderr: done.stderr }).toMatchObject({
      status,
      stdout: '',
      stderr: expect.stringMatching(/^error: \S/),
    });
    expect(done.stderr.match(/^error:/gm)).toHaveLength(1);
    expect(done.stderr).not.toMatch(/^ {4}at |Error:/m);
    return done.stderr;
  };

  describe('on a root of its own', () => {
    const root = join(scratch, 'root');
    const env = { TCOMPOSE_ROOT: root };
    const run = tcomposeIn(scratch, env);
    beforeAll(() => {
      expect(run('image', 'import', '--change', 'CMD ["/bin/sh"]', tar, 'bb').stderr).toBe('');
    });
    afterAll(() => void run(...endEngine));

    /** Everything the engine keeps of containers, volumes and images; removals have been carried out. */
    const state = (): string[] =>
      ['containers', 'volumes', 'images', 'layers', 'blobs/sha256', 'tmp', 'trash']
        .flatMap((name) => readdirSync(join(root, 'lib', name)).map((entry) => `${name}/${entry}`))
        .concat(readdirSync(join(root, 'run/c')))
        .sort();
    const nothingLeft = async (act: () => Done, status: number): Promise<string> => {
      const before = state();
      const error = oneError(act(), status);
      await until(() => state().join() === before.join(), `${state()} to be ${before}`);
      expect(run('container', 'ls', '-aq').stdout).toBe('');
      return error;
    };
    const runContainer =
      (...args: string[]) =>
      () =>
        run('container', 'run', '--rm', '--network', 'none', ...args);

    it('a missing image', async () => {
      expect(await nothingLeft(runContainer('--pull', 'never', 'nosuch', 'true'), 125)).toMatch(/nosuch/);
    });

    it('a missing command', async () => {
      expect(await nothingLeft(runContainer('bb', 'nosuch'), 127)).toMatch(
        /"nosuch": executable file not found/,
      );
      expect(await nothingLeft(runContainer('bb', '/etc/passwd'), 126)).toMatch(/permission denied/);
    });

    it('an unreadable tar', async () => {
      writeFileSync(join(scratch, 'garbage'), 'no tar at all\n'.repeat(5000));
      const whole = readFileSync(tar);
      writeFileSync(join(scratch, 'cut'), whole.subarray(0, whole.length >> 1));
      for (const [file, why] of [
        ['garbage', /not a tar/],
        ['cut', /cut off/],
        ['absent', /does not exist/],
      ] as const) {
        expect(await nothingLeft(() => run('image', 'import', file, 'bad'), 1)).toMatch(why);
      }
    });

    it('a user that the image does not know', async () => {
      expect(await nothingLeft(runContainer('-u', 'nobody-at-all', 'bb', 'true'), 125)).toMatch(
        /unable to find user nobody-at-all/,
      );
      expect(await nothingLeft(runContainer('-u', '0:nogroup-at-all', 'bb', 'true'), 125)).toMatch(
        /unable to find group nogroup-at-all/,
      );
    });

    it('two engines at once: the second names the first, which goes on', async () => {
      const first = JSON.parse(run('engine', 'status', '--json').stdout) as { pid: number };
      const error = oneError(run('engine', 'run'), 1);
      expect(error).toContain(`process ${first.pid}`);
      expect(error).toContain('TCOMPOSE_ROOT');
      expect(JSON.parse(run('engine', 'status', '--json').stdout)).toMatchObject({ pid: first.pid });
      expect(run('container', 'run', '--rm', '--network', 'none', 'bb', 'echo', 'goes on').stdout).toBe(
        'goes on\n',
      );
    });

    it('a lock that something else holds: who', async () => {
      expect(run('engine', 'stop', '--force').status).toBe(0);
      const lock = join(root, 'run/engine.lock');
      const script = 'echo held; exec sleep 1000';
      const holder = spawn('flock', ['--no-fork', lock, 'sh', '-c', script]);
      await new Promise((held) => holder.stdout.once('data', held));
      const done = run('image', 'ls');
      expect(done.status).toBe(1);
      expect(done.stderr).toContain(`process ${holder.pid} holds the engine's lock`);
      holder.kill();
      await new Promise((gone) => holder.once('close', gone));
      expect(run('image', 'ls', '-q').stdout).toMatch(/\w/);
    });
  });

  describe('on a root that cannot be', () => {
    const ls = (root: string): Done => tcomposeIn(scratch, { TCOMPOSE_ROOT: root })('container', 'ls', '-q');

    it('says once how long it may be, and that a file is in its place', () => {
      const long = join(scratch, 'x'.repeat(100));
      expect(oneError(ls(long), 1)).toMatch(/TCOMPOSE_ROOT has \d+ bytes, and at most 90 fit/);
      const file = join(scratch, 'file');
      writeFileSync(file, '');
      expect(oneError(ls(file), 1)).toContain(`${file}/run cannot be a directory: a file is in its place`);
      const reset = tcomposeIn(scratch, { TCOMPOSE_ROOT: file })('engine', 'reset', '-f');
      expect(oneError(reset, 1)).toContain('cannot be a directory: a file is in its place');
    });

    it.skipIf(noMounts !== '')(`says once that its disk is full${noMounts}`, () => {
      const disk = join(scratch, 'small');
      mkdirSync(disk);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status).toBe(0);
      try {
        writeFileSync(join(disk, 'filler'), Buffer.alloc(60 * 1024));
      } catch {
        // Full.
      }
      expect(oneError(ls(disk), 1)).toContain(`no space is left on the disk that holds ${disk}/run`);
      // Its keeper tries a few times more before it gives up.
      killTogether(processesOf(join(disk, 'run')));
      expect(spawnSync('umount', ['--lazy', disk]).status).toBe(0);
    });

    /** Keeper first, which would start an engine again. */
    const processesOf = (run: string): number[] =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(run))
        .sort(
          (a, b) =>
            Number(commandLine(b).includes('tcompose-keeper')) -
            Number(commandLine(a).includes('tcompose-keeper')),
        )
        .map(Number);
    const commandLine = (pid: string): string => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    };

    it('takes a relative one from the current directory', () => {
      const run = tcomposeIn(scratch, { TCOMPOSE_ROOT: 'relative' });
      expect(run('container', 'ls', '-q')).toMatchObject({ status: 0, stderr: '' });
      expect(existsSync(join(scratch, 'relative/run/engine.sock'))).toBe(true);
      expect(run('engine', 'stop').status).toBe(0);
    });

    it('starts an engine without what NODE_OPTIONS names in the current directory', () => {
      writeFileSync(join(scratch, 'loaded-first.cjs'), '');
      const run = tcomposeIn(scratch, {
        TCOMPOSE_ROOT: join(scratch, 'options'),
        NODE_OPTIONS: '--require ./loaded-first.cjs',
      });
      expect(run('container', 'ls', '-q')).toMatchObject({ status: 0, stderr: '' });
      expect(run('engine', 'stop').status).toBe(0);
    });
  });

  describe('on a socket of another', () => {
    const unused = join(scratch, 'unused');
    const ask = (socket: string, ...args: string[]) =>
      runBeside({ DOCKER_HOST: `unix://${socket}`, TCOMPOSE_ROOT: unused }, ...args);
    const commands = [
      ['container', 'run', '--rm', 'bb', 'true'],
      ['container', 'ls'],
    ];
    afterAll(() => expect(existsSync(unused)).toBe(false));

    it('an engine that is too old', async () => {
      const engine = fakeEngine('1.12');
      await engine.listen();
      for (const args of commands) {
        const error = oneError(await ask(engine.path, ...args), args[1] === 'run' ? 125 : 1);
        expect(error).toMatch(/speaks version 1\.12 of the Engine API at most, but at least 1\.24 is needed/);
      }
      expect(engine.requests.filter((request) => !request.endsWith('/_ping'))).toEqual([]);
      await engine.close();
    });

    it('an engine that finds us too old: its own words', async () => {
      const engine = fakeEngine('1.99');
      engine.handle = (_request, response) => {
        response.statusCode = 400;
        response.end(
          JSON.stringify({
            message: 'client version 1.47 is too old. Minimum supported API version is 1.90',
          }),
        );
      };
      await engine.listen();
      for (const args of commands) {
        const error = oneError(await ask(engine.path, ...args), args[1] === 'run' ? 125 : 1);
        expect(error).toContain('client version 1.47 is too old');
      }
      await engine.close();
    });

    it('what is no engine, and nothing', async () => {
      const socket = join(scratch, 'other.sock');
      expect(oneError(await ask(socket, 'container', 'ls'), 1)).toContain('no engine answers at');
      const server = createServer((connection) => {
        connection.on('error', () => {}).resume();
        connection.end('SSH-2.0-none\r\n');
      });
      await new Promise<void>((listening) => server.listen(socket, listening));
      expect(oneError(await ask(socket, 'container', 'ls'), 1)).toContain(
        'is not an engine: it does not speak HTTP',
      );
      await new Promise((closed) => server.close(closed));
    });
  });

  describe.skipIf(noMounts !== '')(`on a full disk${noMounts}`, () => {
    const disk = join(scratch, 'disk');
    const env = { TCOMPOSE_ROOT: join(disk, 'root') };
    const run = tcomposeIn(scratch, env);
    const filler = join(disk, 'filler');
    let mounted = false;
    beforeAll(() => {
      mkdirSync(disk);
      const done = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk], { encoding: 'utf8' });
      expect(done.stderr).toBe('');
      mounted = true;
      expect(run('image', 'import', tar, 'bb').stderr).toBe('');
      expect(
        run('container', 'create', '--name', 'early', '--network', 'none', 'bb', 'sleep', '1000').stderr,
      ).toBe('');
      const loop = 'while :; do echo a line of the log; sleep 0.05; done';
      expect(
        run('container', 'run', '-d', '--name', 'busy', '--network', 'none', 'bb', 'sh', '-c', loop).stderr,
      ).toBe('');
      fill();
    });
    afterAll(() => {
      rmSync(filler, { force: true });
      run('container', 'rm', '-f', 'early', 'busy');
      run('engine', 'stop', '--force');
      if (mounted) expect(spawnSync('umount', [disk]).status).toBe(0);
    });

    /** To the last byte, however much was freed meanwhile. */
    const fill = (): void => {
      const fd = openSync(filler, 'a');
      for (const size of [65_536, 4096, 1]) {
        try {
          while (writeSync(fd, Buffer.alloc(size)) === size);
        } catch {
          // Full, for pieces of this size.
        }
      }
      closeSync(fd);
    };
    const kept = (): string[] =>
      ['containers', 'volumes', 'images', 'layers', 'blobs/sha256', 'tmp'].flatMap((name) =>
        readdirSync(join(disk, 'root/lib', name)).map((entry) => `${name}/${entry}`),
      );
    const refused = async (status: number, ...args: string[]): Promise<void> => {
      const before = kept();
      const error = oneError(run(...args), status);
      expect(error).toMatch(/no space is left on the disk/);
      expect(error).toMatch(/^hint: .*TCOMPOSE_ROOT/im);
      await until(() => kept().join() === before.join(), `${kept()} to be ${before}`);
      fill();
    };

    it('import, create, run and start say so and leave nothing; what runs goes on, and can be stopped', async () => {
      const { pid } = JSON.parse(run('engine', 'status', '--json').stdout) as { pid: number };
      await refused(1, 'image', 'import', tar, 'other');
      await refused(1, 'container', 'create', '--network', 'none', 'bb', 'true');
      await refused(125, 'container', 'run', '--rm', '--network', 'none', '-v', 'data:/bin', 'bb', 'true');
      await refused(1, 'container', 'start', 'early');
      expect(
        run('container', 'ls', '-a', '--format', '{{.Names}} {{.State}}').stdout.split('\n').sort(),
      ).toEqual(['', 'busy running', 'early created']);
      expect(run('volume', 'ls', '-q').stdout).toBe('');
      expect(run('container', 'exec', 'busy', 'echo', 'alive').stdout).toBe('alive\n');
      expect(run('container', 'logs', '--tail', '1', 'busy').stdout).toBe('a line of the log\n');
      expect(run('container', 'stop', '-t', '0', 'busy').stdout).toBe('busy\n');
      expect(JSON.parse(run('engine', 'status', '--json').stdout)).toMatchObject({ pid });
    });

    it('an engine can start, and with space again everything works', () => {
      fill();
      const { pid } = JSON.parse(run('engine', 'status', '--json').stdout) as { pid: number };
      process.kill(pid, 'SIGKILL');
      const list = run('container', 'ls', '-a', '--format', '{{.Names}}');
      expect({ ...list, lines: list.stdout.trim().split('\n').sort() }).toMatchObject({
        status: 0,
        stderr: '',
        lines: ['busy', 'early'],
      });
      rmSync(filler);
      expect(run('container', 'start', 'early', 'busy').stderr).toBe('');
      expect(run('container', 'ls', '--format', '{{.State}}').stdout).toBe('running\nrunning\n');
      const args = [
        'container',
        'run',
        '--rm',
        '--network',
        'none',
        '-v',
        'data:/bin',
        'bb',
        'echo',
        'works',
      ];
      expect(run(...args)).toMatchObject({ status: 0, stdout: 'works\n', stderr: '' });
      expect(run('image', 'import', tar, 'other').status).toBe(0);
    });
  });
});
