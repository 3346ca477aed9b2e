import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { pageOf } from '../support/page-of.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { Watching } from '../support/watching.ts';

const unmet = requirements({ root: true, built: true });
/** tcompose/host shows the machine's /usr alone. */
const noPython = existsSync('/usr/bin/python3') ? '' : ' (skipped: needs /usr/bin/python3)';
const noHttpd = spawnSync('busybox', ['--list']).stdout?.toString().split('\n').includes('httpd')
  ? ''
  : ' (skipped: needs a busybox with httpd)';

describe.skipIf(unmet !== undefined)(`recipes of watching${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let watching: Watching;
  let port = 0;
  const page = async (path = '/') => (await pageOf('127.0.0.1', port, path)).trim();
  const shows = (text: string, path = '/') =>
    until(async () => (await page(path).catch(() => '')).includes(text), `${text} at ${path}`);
  const edit = (file: string, from: string, to: string) => {
    const path = join(bench.dir, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };
  const begin = async (recipe: string) => {
    cpSync(`fixtures/watch/${recipe}`, bench.dir, { recursive: true });
    watching = await Watching.begin(bench, 'compose.yaml', 'watch');
  };
  beforeEach(async () => {
    bench = workbench();
    port = await freePort();
    bench.write('.env', `PORT=${port}\n`);
  });
  afterEach(async (context) => {
    const code = await watching?.end();
    bench?.close(`watch-${context.task.name.split(':')[0]}`);
    expect(code).toBe(130);
  });

  it.skipIf(noHttpd !== '')(`static: a saved page is served${noHttpd}`, async () => {
    await begin('static');
    await shows('<h1>A static site</h1>');
    edit('site/index.html', 'static', 'changed');
    await shows('<h1>A changed site</h1>');
    bench.write('site/idea.draft.html', 'not yet');
    bench.write('site/new/page.html', 'a new page');
    await shows('a new page', '/new/page.html');
    expect(await page('/idea.draft.html')).not.toContain('not yet');
    expect(watching.applied().flatMap(({ services }) => services)).not.toContainEqual(
      expect.objectContaining({ did: expect.arrayContaining(['restarted']) }),
    );
  });

  it.skipIf(noPython !== '')(`python: templates, settings and program${noPython}`, async () => {
    await begin('python');
    await shows('<h1>hello, from version 1</h1>');
    edit('templates/page.html', '{greeting},', '{greeting}!');
    await shows('<h1>hello! from version 1</h1>');
    edit('settings.json', 'hello', 'good evening');
    await shows('<h1>good evening! from version 1</h1>');
    edit('app.py', 'VERSION = "1"', 'VERSION = "2"');
    await shows('<h1>good evening! from version 2</h1>');
    expect(watching.applied().map(({ services }) => services[0]?.did)).toEqual([
      ['synced'],
      ['synced', 'ran'],
      ['synced', 'restarted'],
    ]);
  });

  it('node: pages go on with the program, an edit of it restarts it', async () => {
    await begin('node');
    await shows('<h1>Version 1, request 1</h1>');
    edit('public/index.html', 'Version', 'Release');
    await shows('<h1>Release 1, request');
    expect(await page()).not.toContain('request 1<');
    edit('server.mjs', "version = '1'", "version = '2'");
    await shows('<h1>Release 2, request 1</h1>');
  });
});
