import { existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { holds, Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });

const compose = (more = '', target = '/app') => `
name: edited
services:
  web:
    image: tcompose/host
    init: true
    command: sleep 1000
    stop_grace_period: 0s
    network_mode: none
    env_file: [{path: web.env, required: false}]
    develop:
      watch:
        - {action: sync, path: ./src, target: ${target}}
        - {action: sync, path: ./current, target: /current, initial_sync: true}
${more}`;

describe.skipIf(unmet !== undefined)(
  `edits of the configuration${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let watching: Watching;
    beforeAll(async () => {
      bench = workbench();
      bench.write('compose.yaml', compose());
      bench.write('src/a', '1');
      for (const name of ['one', 'two']) bench.write(`releases/${name}/both`, name);
      bench.write('releases/one/one', 'one');
      symlinkSync('releases/one', join(bench.dir, 'current'));
      watching = await Watching.begin(bench, 'compose.yaml', 'watch', '--yes');
    });
    afterAll(async () => {
      const code = await watching?.end();
      bench?.close('edited');
      expect(code).toBe(130);
    });
    const environment = () =>
      readFileSync(watching.inside('edited-web-1', '/proc/1/environ'), 'utf8').split('\0').filter(Boolean);
    const edits = () => watching.events().filter(({ phase }) => phase === 'configuration').length;

    it('are carried out, with their causes, and what was synced before is in the new container', async () => {
      bench.write('src/a', 'synced');
      await holds(watching.inside('edited-web-1', '/app/a'), 'synced');
      bench.write('web.env', 'GREETING=hello\n');
      await watching.run.until('environment of service web changed');
      await watching.run.until('"message":"applied"');
      expect(environment()).toContain('GREETING=hello');
      await holds(watching.inside('edited-web-1', '/app/a'), 'synced');
    });

    it('are not needed where a link leads elsewhere: what is there comes, what was only before goes', async () => {
      const web = (path: string) => watching.inside('edited-web-1', path);
      const lead = (to: string) => {
        symlinkSync(to, join(bench.dir, 'next'));
        renameSync(join(bench.dir, 'next'), join(bench.dir, 'current'));
      };
      await holds(web('/current/both'), 'one');
      lead('releases/two');
      await holds(web('/current/both'), 'two');
      await until(() => !existsSync(web('/current/one')), 'what was only before to go');
      bench.write('releases/two/both', 'edited');
      await holds(web('/current/both'), 'edited');
      lead('releases/one');
      await holds(web('/current/both'), 'one');
      await holds(web('/current/one'), 'one');
      await watching.rests();
    });

    it('that are broken are shown where they are, and nothing is changed', async () => {
      const pid = watching.inside('edited-web-1', '/');
      bench.write('compose.yaml', compose('  broken'));
      await watching.run.until('everything stays as it was before the edit');
      expect(watching.run.output()).toMatch(/"type":"error".*compose\.yaml/);
      bench.write('src/a', 'still synced');
      await holds(watching.inside('edited-web-1', '/app/a'), 'still synced');
      expect(watching.inside('edited-web-1', '/')).toBe(pid);
    });

    it('that take a service away say that its container goes on', async () => {
      const extra =
        'image: tcompose/host, init: true, stop_grace_period: 0s, network_mode: none, command: sleep 1000';
      bench.write('compose.yaml', compose(`  extra: {${extra}}`));
      await until(() => bench.run('ps', '--services').stdout.includes('extra'), 'the service');
      await watching.rests();
      bench.write('compose.yaml', compose());
      await watching.run.until('orphan containers (edited-extra-1)');
    });

    it('of the rules hold from then on', async () => {
      await watching.rests();
      const before = edits();
      bench.write('compose.yaml', compose('', '/elsewhere'));
      await watching.run.until(/"phase":"configuration"/);
      while (edits() === before) await new Promise((resolve) => setTimeout(resolve, 25));
      bench.write('src/a', 'moved');
      await holds(watching.inside('edited-web-1', '/elsewhere/a'), 'moved');
      expect(readFileSync(watching.inside('edited-web-1', '/app/a'), 'utf8')).toBe('still synced');
    });
  },
);
