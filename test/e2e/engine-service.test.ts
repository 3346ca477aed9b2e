import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLimit, endEngine, requirements, tcomposeIn } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { makeUser, rootlessUnmet } from '../support/rootless.ts';

const unmet = requirements({ containers: true, built: true, commands: ['unshare', 'mount'] });
const isRoot = process.getuid?.() === 0;
/** Of a user made for it: who runs the tests keeps his own units. */
const userUnmet = rootlessUnmet();
if (userUnmet) console.log(`skipped in part: ${userUnmet}`);

/** Stands for systemctl and loginctl: writes down what it is asked, and answers as systemd does. */
const recorder = `#!/bin/sh
echo "\${0##*/} $*" >> "$CALLS"
case "$*" in *--property=Version*) echo Version=252;; *--property=Linger*) echo Linger=no;; esac
`;

describe.skipIf(unmet !== undefined)(`the engine as a service${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const calls = join(scratch, 'calls');
  const root = join(scratch, 'root');
  const bundle = resolve('dist/tcompose.cjs');
  const path = `${join(scratch, 'bin')}${delimiter}${process.env.PATH}`;
  const run = tcomposeIn(scratch, { TCOMPOSE_ROOT: root });
  let service: ChildProcess | undefined;

  beforeAll(() => {
    enterOwnNetwork();
    chmodSync(scratch, 0o755);
    mkdirSync(join(scratch, 'bin'));
    for (const name of ['systemctl', 'loginctl']) {
      writeFileSync(join(scratch, 'bin', name), recorder);
      chmodSync(join(scratch, 'bin', name), 0o755);
    }
  });
  afterAll(() => {
    const ids = run('container', 'ls', '-aq').stdout.split('\n').filter(Boolean);
    if (ids.length > 0) run('container', 'rm', '-fv', ...ids);
    run(...endEngine);
    service?.kill('SIGKILL');
    rmSync(scratch, { recursive: true, force: true });
  });
  const asked = () => {
    const text = readFileSync(calls, 'utf8');
    writeFileSync(calls, '');
    return text.split('\n').filter((line) => line !== '' && !line.includes('Version'));
  };

  it.skipIf(userUnmet !== undefined)(
    'of a user is a unit of his own, and uninstalled it is gone',
    async () => {
      const user = makeUser({ path });
      try {
        writeFileSync(calls, '');
        chmodSync(calls, 0o666);
        const recorded = (...words: string[]) =>
          user.run('env', `CALLS=${calls}`, process.execPath, bundle, ...words);
        const unit = join(user.home, '.config/systemd/user/tcompose.service');
        const done = recorded('engine', 'install');
        expect([done.status, done.stdout.split('\n')[0]]).toEqual([
          0,
          `tcompose.service (${unit}) runs the engine from now on and after each boot.`,
        ]);
        expect(asked()).toEqual([
          `loginctl show-user ${user.name} --property=Linger`,
          'loginctl enable-linger',
          'systemctl --user daemon-reload',
          'systemctl --user enable --now tcompose.service',
        ]);
        const text = readFileSync(unit, 'utf8');
        const command = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)![1]!;
        const begin = () =>
          user.run('sh', '-c', `${command('ExecStart')} > out 2>&1 & echo $!`).stdout.trim();
        const state = (name: string) =>
          user.tcompose('container', 'inspect', '--format', '{{.State.Status}}', name).stdout.trim();
        const first = begin();
        const script = 'trap "exit 3" TERM; echo up; sleep 300 & wait';
        const options = ['-d', '--network', 'none', '--name', 'stays', '--restart', 'always'];
        expect(
          user.tcompose('container', 'run', ...options, 'tcompose/host', 'sh', '-c', script).status,
        ).toBe(0);
        const stop = () => user.run('sh', '-c', command('ExecStop'));
        expect(stop()).toMatchObject({ status: 0, stdout: 'The engine has stopped, after 1 container.\n' });
        while (existsSync(`/proc/${first}/exe`)) await sleep(50);
        const second = begin();
        while (state('stays') !== 'running') await sleep(50);
        expect(user.tcompose('container', 'rm', '-f', 'stays').status).toBe(0);
        expect(stop().status).toBe(0);
        while (existsSync(`/proc/${second}/exe`)) await sleep(50);
        expect(recorded('engine', 'uninstall').status).toBe(0);
        expect(asked().at(-1)).toBe('loginctl disable-linger');
        expect(readdirSync(join(user.home, '.config/systemd/user'))).toEqual([]);
      } finally {
        user.remove();
      }
    },
  );

  it('says in a sentence that systemd does not run', () => {
    if (existsSync('/run/systemd/system')) return expect(asked()).toBeDefined();
    const done = run('engine', 'install');
    expect([done.status, done.stdout]).toEqual([1, '']);
    expect(done.stderr).toMatch(
      /^error: no service can be installed: systemd does not run on this machine\nhint: .*@reboot .* engine run --join/,
    );
  });

  /** What the unit of root says, installed where nobody else sees it; and what its directory holds when it is uninstalled. */
  function unitOfRoot(): { readonly start: string[]; readonly stop: string[]; readonly left: string } {
    const script = `d=/etc/systemd; [ -d $d ] || d=/etc; mount -t tmpfs none $d && mkdir -p /etc/systemd/system && "$1" "$2" engine install > "$3" && cat /etc/systemd/system/*.service && "$1" "$2" engine uninstall >> "$3" && ls -A /etc/systemd/system > "$3"`;
    const left = join(scratch, 'left');
    const done = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', process.execPath, bundle, left], {
      cwd: scratch,
      env: { ...plainEnvironment(), PATH: path, CALLS: calls, TCOMPOSE_ROOT: root },
      encoding: 'utf8',
      timeout: commandLimit,
    });
    expect([done.status, done.stderr.replace(/^warning: .*\n(hint: .*\n)?/, '')]).toEqual([0, '']);
    expect(done.stdout).toContain(`Environment=TCOMPOSE_ROOT=${root}\n`);
    const words = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(done.stdout)![1]!.split(' ');
    return { start: words('ExecStart'), stop: words('ExecStop'), left: readFileSync(left, 'utf8') };
  }

  const title = 'of root stops containers in their own time, and brings back those with a policy';
  it.skipIf(!isRoot)(`${title}${isRoot ? '' : ' (skipped: needs root)'}`, async () => {
    const { start, stop, left } = unitOfRoot();
    expect(left).toBe('');
    const env = { ...plainEnvironment(), TCOMPOSE_ROOT: root };
    const begin = async () => {
      const child = spawn(start[0]!, start.slice(1), { cwd: '/', env, stdio: ['ignore', 'pipe', 'inherit'] });
      service = child;
      await once(child.stdout, 'data');
      return child;
    };
    const end = async (child: ChildProcess) => {
      const ended = once(child, 'exit');
      const done = spawnSync(stop[0]!, stop.slice(1), {
        cwd: '/',
        env,
        encoding: 'utf8',
        timeout: commandLimit,
      });
      expect([done.status, done.stderr]).toEqual([0, '']);
      // As systemd does when the stop command has ended.
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(run('engine', 'status').status).toBe(1);
      return done.stdout;
    };
    const first = await begin();
    const script = 'trap "exit 3" TERM; echo up; sleep 300 & wait';
    for (const [name, policy] of [
      ['stays', 'always'],
      ['stopped', 'unless-stopped'],
      ['once', 'no'],
    ]) {
      const options = ['-d', '--network', 'none', '--name', name!, '--restart', policy!];
      const made = run('container', 'run', ...options, 'tcompose/host', 'sh', '-c', script);
      expect([made.stderr, made.status]).toEqual(['', 0]);
    }
    expect(run('container', 'stop', 'stopped').status).toBe(0);
    expect(await end(first)).toBe('The engine has stopped, after 2 containers.\n');
    expect(run('engine', 'status').status).toBe(1);
    const second = await begin();
    const states = () =>
      run('container', 'ls', '-a', '--format', '{{.Names}} {{.State}}').stdout.split('\n').sort();
    while (!states().includes('stays running')) await sleep(50);
    expect(states().filter(Boolean)).toEqual(['once exited', 'stays running', 'stopped exited']);
    // A second one joins what runs, as after a command that was faster than the service.
    const joined = await begin();
    joined.kill('SIGKILL');
    await once(joined, 'exit');
    service = second;
    await end(second);
  });
});
