import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { alive, ask, until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

const compose = `
name: behind
services:
  web:
    image: tcompose/host
    command: sh -c 'cat /app/a > /seen; exec sleep 1000'
    stop_grace_period: 0s
    network_mode: none
    develop: {watch: [{action: sync, path: ./src, target: /app, initial_sync: true}]}
`;

describe.skipIf(unmet !== undefined)(
  `watching in the background${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let before: readonly string[];
    const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tcompose-watch-'));
    const pidIn = (text: string) => Number(/process (\d+)/.exec(text)?.[1]);
    const place = (path: string) => {
      const { stdout } = bench.run('container', 'inspect', 'behind-web-1');
      const pid = (JSON.parse(stdout) as [{ State: { Pid: number } }])[0].State.Pid;
      return `/proc/${pid}/root${path}`;
    };
    const inside = (path: string) => readFileSync(place(path), 'utf8');
    const save = async (content: string) => {
      writeFileSync(join(bench.dir, 'src/a'), content);
      await until(() => inside('/app/a') === content, content);
    };
    beforeEach(() => {
      before = leftovers();
      bench = workbench();
      bench.write('compose.yaml', compose);
      bench.write('src/a', 'first');
    });
    afterEach(() => {
      bench.run('watch', '--stop');
      bench.close('behind');
      expect(leftovers()).toEqual(before);
    });

    it.each([
      ['watch', '-d'],
      ['up', '-d', '--watch'],
    ])('%s %s begins with the files in the container, is shown, and ends with down', async (...args) => {
      const begun = bench.run(...args);
      expect(begun).toMatchObject({ status: 0 });
      const pid = pidIn(begun.stdout);
      await until(() => existsSync(place('/seen')) && inside('/seen') !== '', 'the command to have looked');
      expect(inside('/seen')).toBe('first');
      await save('second');
      expect(bench.run('ps').stderr).toContain(`process ${pid} watches the files in the background`);
      expect(bench.run('ls').stdout).toMatch(/^behind +running\(1\), watched /m);
      expect(JSON.parse(bench.run('ls', '--format', 'json').stdout)).toMatchObject([{ Watcher: pid }]);
      expect(bench.run('watch').stderr).toContain('`tcompose watch --stop` ends it');
      expect(bench.run('down', '-t', '0').status).toBe(0);
      expect(alive(pid)).toBe(false);
      expect(spawnSync('pgrep', ['-P', String(pid)]).stdout.toString()).toBe('');
    });

    it('survives an engine that is killed, tells what it did, and ends by the command, or by stop', async () => {
      const pid = pidIn(bench.run('watch', '-d').stdout);
      await save('second');
      const socket = join(bench.env.TCOMPOSE_ROOT!, 'run/engine.sock');
      process.kill((await ask<{ pid: number }>(socket, 'GET', '/tcompose/status')).json.pid, 'SIGKILL');
      await save('third');
      await save('fourth');
      expect(bench.run('watch', '--output').stdout).toContain('src/a');
      expect(bench.run('watch', '--stop').stdout).toBe(`process ${pid} has ended\n`);
      expect(alive(pid)).toBe(false);
      expect(bench.run('watch', '--stop').stdout).toBe('nothing watches project behind in the background\n');
      expect(bench.run('ps').stdout).toContain('behind-web-1');
      const another = pidIn(bench.run('watch', '-d', '--no-up').stdout);
      bench.run('stop', '-t', '0');
      expect(alive(another)).toBe(false);
    });

    it('that was killed leaves nothing in the way of the next', () => {
      process.kill(pidIn(bench.run('watch', '-d').stdout), 'SIGKILL');
      expect(bench.run('watch', '-d', '--no-up').status).toBe(0);
    });

    it('that can\u2019t begin says why, and nothing goes on', () => {
      bench.write(
        'compose.yaml',
        'name: behind\nservices: {web: {image: tcompose/host, command: sleep 1}}\n',
      );
      const { status, stderr } = bench.run('watch', '-d');
      expect([status, stderr]).toEqual([1, expect.stringContaining("consider setting a 'develop' section")]);
      bench.write('compose.yaml', compose.replace('tcompose/host', 'missing.example/none'));
      expect(bench.run('watch', '-d').status).not.toBe(0);
      expect(bench.run('watch', '--stop').stdout).toContain('nothing watches');
    });
  },
);
