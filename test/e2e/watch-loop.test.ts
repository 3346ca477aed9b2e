import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });

const compose = `
name: looping
services:
  web:
    image: tcompose/host
    init: true
    command: sh -c 'echo x >> /log/starts; exec sleep 1000'
    stop_grace_period: 0s
    network_mode: none
    volumes: [./log:/log]
    develop:
      watch:
        - {action: restart, path: ./log}
        - {action: restart, path: ./settings}
`;

describe.skipIf(unmet !== undefined)(
  `rules that are set off for nothing${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let watching: Watching;
    const starts = () => readFileSync(join(bench.dir, 'log/starts'), 'utf8').length / 2;
    beforeAll(async () => {
      bench = workbench();
      bench.write('compose.yaml', compose);
      bench.write('log/other', '');
      bench.write('settings', 'one');
      watching = await Watching.begin(bench, 'compose.yaml', 'watch');
    });
    afterAll(async () => {
      const code = await watching?.end();
      bench?.close('looping');
      expect(code).toBe(130);
    });

    it('are paused when a restart sets itself off, and others go on', async () => {
      writeFileSync(join(bench.dir, 'log/other'), 'begin');
      await watching.run.until('is paused');
      expect(watching.run.output()).toContain('log/starts changed each time right after it ran');
      await watching.rests();
      const [before, batches] = [starts(), watching.applied().length];
      writeFileSync(join(bench.dir, 'settings'), 'two');
      await until(() => starts() === before + 1, 'a restart by the other rule');
      expect((await watching.next(batches)).paths).toEqual(['settings']);
      await watching.rests();
      expect(starts()).toBe(before + 1);
      utimesSync(join(bench.dir, 'settings'), 1, 1);
      writeFileSync(join(bench.dir, 'settings'), 'two');
      await watching.rests();
      expect(starts()).toBe(before + 1);
      writeFileSync(join(bench.dir, 'settings'), 'three');
      await until(() => starts() === before + 2, 'a restart for another content');
    });
  },
);
