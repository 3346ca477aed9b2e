import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

const compose = (greeting: string) => `
name: life
services:
  store:
    image: tcompose/host
    command: sh -c 'echo store is up; echo kept >> /data/log; exec sleep 1000'
    init: true
    volumes: [data:/data]
    healthcheck: {test: test -s /data/log, interval: 200ms, start_period: 180s, start_interval: 100ms}
  once:
    image: tcompose/host
    command: echo migrated
    depends_on: {store: {condition: service_healthy}}
  web:
    image: tcompose/host
    command: sh -c 'echo "$$GREETING"; exec sleep 1000'
    init: true
    environment: {GREETING: ${greeting}}
    depends_on: {once: {condition: service_completed_successfully}}
volumes: {data: {}}
`;

const root = process.getuid?.() === 0;

describe.skipIf(unmet !== undefined)(`the life of a project${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  const rows = () =>
    bench
      .run('ps', '-a', '--format', 'json')
      .stdout.trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { Name: string; State: string; ID: string; ExitCode: number });
  const states = () => Object.fromEntries(rows().map(({ Name, State }) => [Name, State]));
  const ok = (...args: string[]) => {
    const done = bench.run(...args);
    expect(done.stderr).not.toContain('error:');
    expect(done.status).toBe(0);
    return done;
  };

  /** Waits until a service's log is this: what it prints may come after up has ended. */
  const said = (service: string, text: string) =>
    until(() => ok('logs', '--no-log-prefix', service).stdout === text, `${service} to print`);

  beforeAll(() => {
    bench = workbench();
    bench.write('compose.yaml', compose('hello'));
  });
  afterAll(() => bench.close('life'));

  it('comes up in order of its conditions', () => {
    const { stderr } = ok('up', '-d');
    const at = (text: string) => {
      expect(stderr).toContain(text);
      return stderr.indexOf(text);
    };
    expect(at('life-store-1  Healthy')).toBeLessThan(at('life-once-1  Starting'));
    expect(at('life-once-1  Exited')).toBeLessThan(at('life-web-1  Starting'));
    expect(states()).toEqual({ 'life-once-1': 'exited', 'life-store-1': 'running', 'life-web-1': 'running' });
  });

  it('shows logs with prefixes, without colour in a pipe', async () => {
    await said('web', 'hello\n');
    const { stdout } = ok('logs');
    expect(stdout).toContain('store-1  | store is up\n');
    expect(stdout).toContain('once-1   | migrated\n');
    expect(stdout).not.toContain('\u001b');
    expect(ok('logs', '--no-log-prefix', '-n', '1', 'web').stdout).toBe('hello\n');
    expect(ok('logs', '-t', 'web').stdout).toMatch(/^web-1\s+\| \d{4}-\d\d-\d\dT[\d:.]+Z hello\n$/);
  });

  it('runs commands in containers and hands their exit codes on', () => {
    expect(bench.run('exec', '-T', 'web', 'sh', '-c', 'echo out; echo err >&2; exit 3')).toMatchObject({
      status: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(
      ok('exec', '-T', '-e', 'A=b', '-w', '/tmp', 'web', 'sh', '-c', 'echo $A $PWD $GREETING').stdout,
    ).toBe('b /tmp hello\n');
    expect(bench.run('exec', '-T', 'web', 'no-such-program').status).toBe(127);
    expect(bench.run('exec', '-T', 'wbe', 'true').stderr).toContain('Did you mean web?');
  });

  it('runs one-off containers', () => {
    expect(
      bench.run('run', '--rm', '-T', '--no-deps', 'web', 'sh', '-c', 'echo one-off; exit 4'),
    ).toMatchObject({
      status: 4,
      stdout: 'one-off\n',
    });
    expect(rows()).toHaveLength(3);
  });

  it('does nothing when there is nothing to do, and says what it would do', () => {
    const before = rows();
    ok('up', '-d', 'store');
    expect(rows().map(({ ID, State }) => [ID, State])).toEqual(before.map(({ ID, State }) => [ID, State]));
    bench.write('compose.yaml', compose('goodbye'));
    expect(ok('up', '--dry-run').stdout).toMatch(
      /create container [0-9a-f]{12}_life-web-1 to replace life-web-1 .* environment of service web changed/,
    );
    expect(rows().map(({ ID }) => ID)).toEqual(before.map(({ ID }) => ID));
  });

  it('makes only what changed anew', async () => {
    const before = rows();
    ok('up', '-d');
    const idOf = (list: typeof before, name: string) => list.find((row) => row.Name === name)!.ID;
    const after = rows();
    expect(idOf(after, 'life-web-1')).not.toBe(idOf(before, 'life-web-1'));
    expect(idOf(after, 'life-store-1')).toBe(idOf(before, 'life-store-1'));
    await said('web', 'goodbye\n');
  });

  it('scales', () => {
    ok('scale', 'web=3');
    expect(Object.keys(states()).filter((name) => name.startsWith('life-web'))).toEqual([
      'life-web-1',
      'life-web-2',
      'life-web-3',
    ]);
    ok('up', '-d', '--scale', 'web=1');
    expect(Object.keys(states()).filter((name) => name.startsWith('life-web'))).toEqual(['life-web-1']);
  });

  it('stops, starts, restarts, pauses, kills', () => {
    ok('stop', '-t', '2');
    expect(new Set(Object.values(states()))).toEqual(new Set(['exited']));
    ok('start', 'store');
    expect(states()).toMatchObject({ 'life-store-1': 'running', 'life-web-1': 'exited' });
    ok('up', '-d');
    ok('restart', '-t', '1', 'web');
    if (root) {
      ok('pause', 'web');
      expect(states()).toMatchObject({ 'life-web-1': 'paused' });
      ok('unpause', 'web');
    } else {
      // Without a control group of the user's nothing can be paused.
      const paused = bench.run('pause', 'web');
      expect([paused.status, paused.stderr]).toEqual([1, expect.stringContaining('no freezer cgroup')]);
    }
    ok('kill', '-s', 'KILL', 'web');
    expect(states()).toMatchObject({ 'life-web-1': 'exited', 'life-store-1': 'running' });
  });

  it('shows itself: ls, top, images, volumes, port', () => {
    expect(JSON.parse(ok('ls', '--format', 'json').stdout)).toMatchObject([{ Name: 'life' }]);
    expect(ok('top', 'store').stdout).toContain('sleep 1000');
    expect(ok('images').stdout).toContain('tcompose/host');
    expect(ok('volumes', '-q').stdout).toBe('life_data\n');
    expect(bench.run('port', 'store', '80').stderr).toContain('no port 80/tcp of container life-store-1');
  });

  it('copies files in and out', () => {
    bench.write('in/a.txt', 'from here');
    ok('cp', 'in', 'store:/tmp/there');
    expect(ok('exec', '-T', 'store', 'cat', '/tmp/there/a.txt').stdout).toBe('from here');
    ok('cp', 'store:/tmp/there/a.txt', 'out.txt');
    expect(ok('exec', '-T', 'store', 'ls', '/tmp/there').stdout).toBe('a.txt\n');
  });

  it('tells of orphans, and removes them when asked to', () => {
    bench.write(
      'compose.yaml',
      compose('goodbye')
        .replace(/ {2}once:[\s\S]*? {2}web:/, '  web:')
        .replace(/ {4}depends_on.*\n/, ''),
    );
    expect(ok('up', '-d').stderr).toContain('found orphan containers (life-once-1)');
    ok('up', '-d', '--remove-orphans');
    expect(Object.keys(states())).toEqual(['life-store-1', 'life-web-1']);
  });

  it('keeps named volumes over down, and loses them with -v', () => {
    ok('down', '-t', '1');
    expect(rows()).toEqual([]);
    ok('up', '-d', '--wait', 'store');
    expect(ok('exec', '-T', 'store', 'sh', '-c', 'wc -l < /data/log').stdout.trim()).not.toBe('1');
    ok('down', '-v', '-t', '1');
    ok('up', '-d', '--wait', 'store');
    expect(ok('exec', '-T', 'store', 'sh', '-c', 'wc -l < /data/log').stdout.trim()).toBe('1');
  });

  it('goes down by name alone, without its compose file', () => {
    bench.write('elsewhere/empty', '');
    const done = bench.run('--project-directory', 'elsewhere', '-p', 'life', 'down', '-v', '-t', '1');
    expect(done.status).toBe(0);
    expect(bench.run('ls', '-a', '-q').stdout).toBe('');
  });
});
