import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`recreation${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  const ok = (...args: string[]) => {
    const done = bench.run(...args);
    expect(`${args.join(' ')}: ${done.status}\n${done.stderr}`).toContain(`${args.join(' ')}: 0\n`);
    return done.stdout;
  };
  const states = () => ok('ps', '-a', '--format', '{{.Name}} {{.State}}').trim().split('\n');
  const volumes = () => ok('volume', 'ls', '-q');

  beforeAll(() => {
    bench = workbench();
    bench.write(
      'compose.yaml',
      `
name: anew
x-box: &box {image: tcompose/host, init: true, command: sleep 1000}
services:
  db: {<<: *box, volumes: [/keep]}
  web: {<<: *box, depends_on: [db]}
  aside: {<<: *box}
`,
    );
  });
  afterAll(() => bench.close('anew'));

  it('hands anonymous volumes on, and down -v and rm -v take them along however often that was', () => {
    ok('up', '-d');
    ok('exec', 'db', 'sh', '-c', 'echo kept > /keep/it');
    ok('up', '-d', '--force-recreate');
    ok('up', '-d', '--force-recreate');
    expect(ok('exec', 'db', 'cat', '/keep/it')).toBe('kept\n');
    expect(volumes()).toMatch(/^[0-9a-f]{64}\n$/);
    ok('down', '-v');
    expect(volumes()).toBe('');

    ok('up', '-d');
    ok('up', '-d', '--force-recreate', 'db');
    ok('rm', '-fsv', 'db');
    expect(volumes()).toBe('');
    ok('down', '-v');
  });

  it('an up that is killed at any step is made good by the next one', async () => {
    ok('up', '-d');
    for (const step of ['Recreate\n', 'Recreated', 'Stopping', 'Removed', 'Starting']) {
      const up = bench.begin('up', '-d', '--force-recreate');
      await up.until(step);
      up.child.kill('SIGKILL');
      await up.exit;
      ok('up', '-d');
      expect(states()).toEqual(['anew-aside-1 running', 'anew-db-1 running', 'anew-web-1 running']);
      expect(ok('exec', 'db', 'ls', '/keep')).toBe('');
    }
    ok('down', '-v');
    expect(volumes()).toBe('');
  });

  it('two at the same time come to one project', async () => {
    const ups = [bench.begin('up', '-d'), bench.begin('up', '-d'), bench.begin('up', '-d')];
    for (const up of ups) expect(`${await up.exit}\n${up.output()}`).toMatch(/^0\n/);
    expect(states()).toEqual(['anew-aside-1 running', 'anew-db-1 running', 'anew-web-1 running']);
    ok('down', '-v');
    expect(volumes()).toBe('');
  });

  it('the first interrupt of a stop says what it waits for, the second leaves', async () => {
    bench.write(
      'slow.yaml',
      `
name: anew
services:
  slow: {image: tcompose/host, command: sh -c 'trap "" TERM; echo up; sleep 1000 & wait; wait', stop_grace_period: 5m}
`,
    );
    ok('-f', 'slow.yaml', 'up', '-d');
    const stop = bench.begin('-f', 'slow.yaml', 'stop');
    await stop.until('Stopping');
    stop.child.kill('SIGINT');
    await stop.until('interrupted: finishing what is under way');
    stop.child.kill('SIGINT');
    expect(await stop.exit).toBe(130);
    ok('-f', 'slow.yaml', 'down', '-t', '0');
  });

  it('an interrupt stops the services named and leaves their dependencies running', async () => {
    ok('up', '-d', 'db');
    const up = bench.begin('up', 'web');
    await up.until('Container anew-web-1  Started');
    up.child.kill('SIGINT');
    expect(await up.exit).toBe(130);
    expect(up.output()).toContain('web-1 exited with code 143\n');
    expect(states()).toEqual(['anew-db-1 running', 'anew-web-1 exited']);
    ok('down', '-v');
  });
});
