import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true, commands: ['script', 'stty'] });

describe.skipIf(unmet !== undefined)(`up in the foreground${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = workbench();
    bench.write(
      'compose.yaml',
      `
name: front
services:
  db: {image: tcompose/host, init: true, command: "sh -c 'echo db ready; exec sleep 1000'"}
  web: {image: tcompose/host, init: true, command: "sh -c 'echo web ready; exec sleep 1000'", depends_on: [db]}
`,
    );
    bench.write(
      'stubborn.yaml',
      `
name: stubborn
services:
  rock: {image: tcompose/host, command: "sh -c 'trap \\"\\" TERM; echo rock ready; while :; do sleep 0.1; done'", stop_grace_period: 60s}
  soft: {image: tcompose/host, init: true, command: "sh -c 'echo soft ready; sleep 1000'"}
`,
    );
    bench.write(
      'jobs.yaml',
      `
name: jobs
services:
  long: {image: tcompose/host, init: true, command: sleep 1000}
  test: {image: tcompose/host, command: "sh -c 'echo testing; exit 3'"}
`,
    );
  });
  afterAll(() => bench.close('front', 'stubborn', 'jobs', 'one', 'loop', 'talk'));
  const running = (project: string) => bench.run('-p', project, 'ps', '-q').stdout.trim();

  it('shows what services print, and stops them in order on the first interrupt', async () => {
    const up = bench.begin('up');
    await up.until('web-1  | web ready');
    await up.until('db-1   | db ready');
    up.child.kill('SIGINT');
    expect(await up.exit).toBe(130);
    const text = up.output();
    expect(text).toContain('Gracefully stopping');
    expect(text.indexOf('front-web-1  Stopped')).toBeLessThan(text.indexOf('front-db-1  Stopping'));
    expect(text).toMatch(/web-1 exited with code \d+/);
    expect(running('front')).toBe('');
    expect(bench.run('ps', '-a', '-q').stdout.trim().split('\n')).toHaveLength(2);
  });

  it('shows only what is new of containers that were there before', async () => {
    bench.run('up', '-d');
    const up = bench.begin('up');
    await up.until('front-web-1  Running');
    bench.run('stop', '-t', '2');
    expect(await up.exit).toBe(0);
    expect(up.output()).not.toContain('web ready');
  });

  it('kills on the second interrupt', async () => {
    const up = bench.begin('-f', 'stubborn.yaml', 'up');
    await up.until('rock ready');
    await up.until('soft ready');
    up.child.kill('SIGINT');
    await up.until('Gracefully stopping');
    await up.until('stubborn-soft-1  Stopped');
    up.child.kill('SIGINT');
    expect(await up.exit).toBe(130);
    expect(running('stubborn')).toBe('');
    // What had stopped by then is not an error.
    expect(up.output()).not.toContain('Error');
  });

  it('ends with the code of the service that was named, stopping the others', async () => {
    const up = bench.run('-f', 'jobs.yaml', 'up', '--exit-code-from', 'test');
    expect(up.status).toBe(3);
    expect(up.stdout).toContain('test-1  | testing');
    expect(running('jobs')).toBe('');
  });

  it('shows all that the others have printed, however slowly it is read, when one ends all', () => {
    bench.write(
      'talk.yaml',
      `
name: talk
services:
  talk: {image: tcompose/host, init: true, network_mode: none, stop_grace_period: 0s, command: "sh -c 'seq 200000; touch /there/done; exec sleep 1000'", volumes: ["there:/there"]}
  test: {image: tcompose/host, network_mode: none, command: "sh -c 'until [ -e /there/done ]; do sleep 0.1; done; exit 7'", volumes: ["there:/there"]}
volumes: {there: {}}
`,
    );
    const cli = `"${process.execPath}" "${resolve('dist/tcompose.cjs')}" -f talk.yaml`;
    // Longer than a log may be silent before it counts as lost.
    const text = `{ ${cli} up --abort-on-container-exit; echo $? > code; } | { sleep 8; cat; }; cat code`;
    const { stdout } = spawnSync('sh', ['-c', text], {
      cwd: bench.dir,
      env: { ...plainEnvironment(), ...bench.env },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const lines = stdout.split('\n').filter((line) => /^talk-1 +\| /.test(line));
    expect(lines).toHaveLength(200_000);
    expect(lines.at(-1)).toBe('talk-1  | 200000');
    expect(stdout).toMatch(/^talk-1 exited with code \d+$/m);
    expect(stdout).toMatch(/\n7\n$/);
  });

  it('keeps the streams of containers apart, and goes on over a restart and a replacement', async () => {
    bench.write(
      'one.yaml',
      `
name: one
services:
  one: {image: tcompose/host, init: true, labels: {v: "\${V:-1}"}, command: "sh -c 'echo out; echo err >&2; exec sleep 1000'"}
`,
    );
    const up = bench.begin('-f', 'one.yaml', 'up');
    let errors = '';
    up.child.stderr!.on('data', (part: Buffer) => {
      errors += part;
    });
    await up.until('one-1  | out\n');
    await up.until('one-1  | err\n');
    expect(errors).toContain('one-1  | err\n');
    expect(errors).not.toContain('one-1  | out\n');
    const logs = bench.begin('-f', 'one.yaml', 'logs', '-f');
    await logs.until('one-1  | out\n');
    const times = (count: number) => new RegExp(`(one-1 +\\| out\n[^]*){${count}}`);
    bench.run('-f', 'one.yaml', 'restart', '-t', '60');
    for (const running of [up, logs]) {
      await running.until('one-1 exited with code 143 (restarting)\n');
      await running.until(times(2));
    }
    bench.env.V = '2';
    bench.run('-f', 'one.yaml', 'up', '-d', '-t', '1');
    for (const running of [up, logs]) await running.until(times(3));
    bench.run('-f', 'one.yaml', 'stop', '-t', '1');
    expect([await up.exit, await logs.exit]).toEqual([0, 0]);
  });

  it('tells each end of a container that comes back between its lines', async () => {
    bench.write(
      'loop.yaml',
      `
name: loop
services:
  loop: {image: tcompose/host, restart: always, command: "sh -c 'echo again; exit 3'"}
`,
    );
    const up = bench.begin('-f', 'loop.yaml', 'up');
    const once = String.raw`loop-1 +\| again\nloop-1 exited with code 3 \(restarting\)\n`;
    await up.until(new RegExp(`${once}${once}`));
    up.child.kill('SIGINT');
    expect(await up.exit).toBe(130);
  });

  it('follows logs until the containers end', async () => {
    bench.run('up', '-d');
    const logs = bench.begin('logs', '-f', 'web');
    await logs.until('web ready');
    bench.run('stop', '-t', '2');
    expect(await logs.exit).toBe(0);
  });

  it('has a live list on a terminal, and none of it in a pipe', () => {
    const command = `stty cols 100 rows 30; ${process.execPath} ${resolve('dist/tcompose.cjs')} up -d`;
    const live = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: bench.dir,
      env: { ...plainEnvironment(), ...bench.env, TERM: 'xterm' },
      encoding: 'utf8',
    });
    expect(live.status).toBe(0);
    expect(live.stdout).toMatch(/✔.*Container front-web-1 +Started/);
    // The cursor that the list hides is shown again at its end (cursor.test.ts: whatever ends the command).
    expect(live.stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(live.stdout.lastIndexOf('\u001b[?25l'));
    expect(bench.run('up', '-d').stderr).not.toContain('\u001b');
  });

  it('gives exec a terminal of the right size', () => {
    const command = `stty cols 91 rows 33; ${process.execPath} ${resolve('dist/tcompose.cjs')} exec web sh -c 'test -t 0 && stty size; exit 5'`;
    const done = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: bench.dir,
      env: { ...plainEnvironment(), ...bench.env, TERM: 'xterm' },
      encoding: 'utf8',
    });
    expect(done.stdout).toContain('33 91');
    expect(done.status).toBe(5);
  });
});
