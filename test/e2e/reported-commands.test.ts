import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

/** Commands that users of Docker Compose found different. */
describe.skipIf(unmet !== undefined)(
  `commands as Docker Compose has them${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    const ok = (...args: string[]) => {
      const done = bench.run(...args);
      expect(`${args.join(' ')}: ${done.status}\n${done.stderr}`).toContain(`${args.join(' ')}: 0\n`);
      return done.stdout;
    };
    const states = () =>
      Object.fromEntries(
        ok('ps', '-a', '--format', '{{.Service}} {{.State}}')
          .trim()
          .split('\n')
          .map((line) => line.split(' ') as [string, string]),
      );
    const startedAt = (container: string) =>
      ok('container', 'inspect', '-f', '{{.State.StartedAt}}', container).trim();

    beforeAll(() => {
      bench = workbench();
      bench.write(
        'compose.yaml',
        `
name: reported
services:
  db: {image: tcompose/host, init: true, command: sleep 1000}
  web:
    image: tcompose/host
    init: true
    command: sleep 1000
    depends_on: {db: {condition: service_started, restart: true}}
  other: {image: tcompose/host, init: true, command: sleep 1000, depends_on: [db]}
  lines: {image: tcompose/host, command: sh -c 'echo first; sleep 0.2; echo second'}
`,
      );
    });
    afterAll(() => bench.close('reported'));

    it('start brings up what a service depends on', () => {
      ok('create', 'db', 'web', 'other');
      ok('start', 'web');
      expect(states()).toEqual({ db: 'running', web: 'running', other: 'created' });
    });

    it('restart takes along who asks for it, also by the name of the project alone', () => {
      ok('start', 'other');
      const before = ['web', 'other'].map((name) => startedAt(`reported-${name}-1`));
      ok('-p', 'reported', 'restart', '-t', '0', 'db');
      const after = ['web', 'other'].map((name) => startedAt(`reported-${name}-1`));
      expect(after.map((time, at) => time !== before[at])).toEqual([true, false]);
    });

    it('exec takes a one-off container when the service has no other, and passes no variable that is unset', () => {
      const count = ['sh', '-c', 'env | grep -c ^OF_MINE; true'];
      expect(ok('exec', '-T', '-e', 'OF_MINE', 'web', ...count)).toBe('0\n');
      bench.env.OF_MINE = 'x';
      expect(ok('exec', '-T', '-e', 'OF_MINE', 'web', ...count)).toBe('1\n');
      ok('run', '-d', '--name', 'reported-lone', 'web', 'sleep', '1000');
      ok('stop', '-t', '0', 'web');
      expect(ok('exec', '-T', 'web', 'cat', '/proc/1/comm')).not.toBe('');
      ok('container', 'rm', '-f', 'reported-lone');
    });

    it('run knows --volumes, export writes a root file system', () => {
      expect(
        ok('run', '--rm', '-T', '--no-deps', '--volumes', '/tmp:/given', 'web', 'ls', '-d', '/given'),
      ).toBe('/given\n');
      ok('export', '-o', 'root.tar', 'db');
      expect(ok('config', '--variables', '--format', 'yaml').trim()).toBe('{}');
    });

    it('logs has the line that is at the time of --until', () => {
      ok('up', 'lines');
      const [first = '', second = ''] = ok('logs', '-t', '--no-log-prefix', 'lines').trim().split('\n');
      const time = first.split(' ')[0]!;
      expect(ok('logs', '--no-log-prefix', '--until', time, 'lines')).toBe('first\n');
      expect(ok('logs', '--no-log-prefix', '--since', second.split(' ')[0]!, 'lines')).toBe('second\n');
    });

    it('up that SIGTERM ends stops its containers and exits with 130', async () => {
      const up = bench.begin('up', 'db');
      await up.until('db-1');
      up.child.kill('SIGTERM');
      expect(await up.exit).toBe(130);
    });
  },
);
