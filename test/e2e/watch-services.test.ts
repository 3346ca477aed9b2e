import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Running, type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

const service = 'image: tcompose/host, init: true, stop_grace_period: 0s, network_mode: none';
const compose = `
name: asked
services:
  web:
    image: tcompose/host
    init: true
    command: sh -c 'echo begun with $$(cat /mounted/a); exec sleep 1000'
    stop_grace_period: 0s
    network_mode: none
    depends_on: [dep]
    volumes: [./mounted:/mounted]
    develop:
      watch:
        - {action: sync+restart, path: ./mounted, target: /mounted}
        - {action: sync, path: "./*.js", target: /js}
  dep: {${service}, command: sleep 1000}
  other:
    image: tcompose/host
    init: true
    command: sleep 1000
    stop_grace_period: 0s
    network_mode: none
    x-develop: {watch: [{action: sync, path: ./src, target: /src, x-initialSync: true}]}
`;

describe.skipIf(unmet !== undefined)(
  `services that are watched${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let run: Running;
    const services = () => bench.run('ps', '--services').stdout.trim().split('\n').sort();
    const end = async () => {
      run.child.kill('SIGINT');
      return run.exit;
    };
    beforeAll(() => {
      bench = workbench();
      bench.write('compose.yaml', compose);
      bench.write('mounted/a', '1');
      mkdirSync(join(bench.dir, 'src'));
      bench.write('src/b', 'b');
    });
    afterEach(() => void bench.run('down', '-t', '0'));
    afterAll(() => bench.close());

    it('are those that are named, with what they depend on, and only their rules count', async () => {
      run = bench.begin('watch', 'web');
      await run.until('up --watch');
      expect(services()).toEqual(['dep', 'web']);
      expect(run.output()).toMatch(/waiting for changes: web[\s\S]*web: sync\+restart mounted → \/mounted/);
      expect(run.output()).not.toContain('other');
      expect(run.output()).toContain('bind mount');
      expect(run.output()).toContain("nothing is at '");
      bench.write('mounted/a', '2');
      await run.until('mounted/a → web restarted (sync+restart mounted)');
      await until(() => bench.run('logs', 'web').stdout.includes('begun with 2'), 'what it prints then');
      expect(await end()).toBe(130);
    });

    it('have rules of old spellings, with a warning', async () => {
      run = bench.begin('watch', 'other');
      await run.until('up --watch');
      expect(run.output()).toContain('x-develop is deprecated');
      expect(bench.run('exec', '-T', 'other', 'cat', '/src/b').stdout).toBe('b');
      expect(await end()).toBe(130);
    });

    it('go on in up, which shows what they print after each restart, without a word of their ends or of terminals', async () => {
      run = bench.begin('up', '--watch', 'web');
      await run.until('waiting for changes');
      for (const content of ['3', '4', '5']) {
        bench.write('mounted/a', content);
        await run.until(`begun with ${content}`);
        await until(() => run.output().split('→ web restarted').length === Number(content) - 1, 'the line');
      }
      expect(run.output()).not.toMatch(/exited with code|\u001b/);
      expect(await end()).toBe(130);
    });
  },
);
