import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });

const compose = `
name: onlyone
services:
  web:
    image: tcompose/host
    init: true
    command: sleep 1000
    stop_grace_period: 0s
    network_mode: none
    develop:
      watch: [{action: sync, path: ./src, target: /app}]
`;

describe.skipIf(unmet !== undefined)(
  `two watchers of one project${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    beforeAll(() => {
      bench = workbench();
      bench.write('compose.yaml', compose);
      bench.write('src/first.txt', 'first');
    });
    afterAll(() => bench.close('onlyone'));

    it('are kept apart until the first ends, also by a kill', async () => {
      const first = await Watching.begin(bench, 'compose.yaml', 'watch');
      const said = `project "onlyone" is being watched by process ${first.run.child.pid}`;
      const second = bench.run('watch');
      expect(second.status).toBe(1);
      expect(second.stderr).toContain(said);
      expect(second.stderr).toContain('compose.yaml watch`');
      const up = bench.run('up', '--watch');
      expect(up.status).toBe(1);
      expect(up.stderr).toContain(said);
      expect(bench.run('--dry-run', 'watch').status).toBe(0);
      first.run.child.kill('SIGKILL');
      await first.run.exit;
      const third = await Watching.begin(bench, 'compose.yaml', 'watch', '--no-up');
      expect(await third.end()).toBe(130);
    });
  },
);
