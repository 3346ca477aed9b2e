import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineStatus } from '../../src/engine/api-types.ts';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ root: true, built: true });

describe.skipIf(unmet !== undefined)(`an engine that is killed${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = workbench();
    const services = Array.from(
      { length: 8 },
      (_, at) => `  s${at}: {image: tcompose/host, init: true, command: sleep 1000}`,
    );
    bench.write('compose.yaml', `name: many\nservices:\n${services.join('\n')}\n`);
    bench.write(
      'count.yaml',
      `name: count\nservices:\n  counter: {image: tcompose/host, init: true, command: "sh -c 'i=0; while :; do i=$$((i+1)); echo number $$i; sleep 0.05; done'"}\n`,
    );
  });
  afterAll(() => bench.close('many', 'count'));

  const enginePid = () =>
    new Promise<number>((resolve, reject) => {
      const socketPath = join(bench.env.TCOMPOSE_ROOT!, 'run', 'engine.sock');
      request({ socketPath, path: '/tcompose/status' }, async (answer) => {
        let text = '';
        for await (const part of answer) text += part;
        resolve((JSON.parse(text) as EngineStatus).pid);
      })
        .on('error', reject)
        .end();
    });

  it.each([
    'Network many_default  Creating',
    'Container many-s0-1  Creating',
    'Container many-s3-1  Starting',
  ])('at "%s": up goes on or says so, and another converges', async (moment) => {
    bench.run('ls');
    const pid = await enginePid();
    const up = bench.begin('up', '-d');
    await up.until(moment);
    process.kill(pid, 'SIGKILL');
    const code = await up.exit;
    if (code !== 0) expect(up.output()).toMatch(/error: .*connection broke/);
    const again = bench.run('up', '-d');
    expect(again.stderr).not.toContain('error');
    expect(again.status).toBe(0);
    expect(bench.run('ps', '-q').stdout.trim().split('\n')).toHaveLength(8);
    expect(bench.run('up', '--dry-run').stdout).toBe('nothing to do\n');
    expect(bench.run('down', '-t', '1').status).toBe(0);
    expect(bench.run('ps', '-aq').stdout).toBe('');
  });

  it('under an up in the foreground: every line comes once', async () => {
    const up = bench.begin('-f', 'count.yaml', 'up', '--no-log-prefix');
    await up.until('number 10\n');
    process.kill(await enginePid(), 'SIGKILL');
    await up.until('number 30\n');
    process.kill(await enginePid(), 'SIGKILL');
    await sleep(100);
    await up.until('number 50\n');
    up.child.kill('SIGINT');
    expect(await up.exit).toBe(130);
    const numbers = [...up.output().matchAll(/number (\d+)/g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(50);
  });
});
