import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { freePort, requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { pageOf } from '../support/page-of.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });
/** tcompose/host shows the machine's /usr alone. */
const noPython = existsSync('/usr/bin/python3') ? '' : ' (skipped: needs /usr/bin/python3)';
const noHttpd = spawnSync('busybox', ['--list']).stdout?.toString().split('\n').includes('httpd')
  ? ''
  : ' (skipped: needs a busybox with httpd)';

const noBusybox = staticBusybox() === undefined ? ' (skipped: needs a static busybox)' : '';

const goStandIn = `#!/bin/sh
case $1 in
  mod) exit 0 ;;
  build) ;;
  *) exit 1 ;;
esac
while read -r word name _ message; do
  case "$word $name" in
    'const message') text=$message ;;
  esac
done < main.go
[ -n "$text" ] || { echo 'main.go: no message' >&2; exit 1; }
printf '#!/bin/sh\\nmkdir -p /www\\necho %s > /www/index.html\\nexec /bin/busybox httpd -f -p 8080 -h /www\\n' "$text" > "$3"
chmod 755 "$3" 2>/dev/null || /bin/busybox chmod 755 "$3"
`;

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
    // As editors do that write beside: an emptied file in between might be taken for a save of its own.
    const beside = `${bench.dir}.edited`;
    writeFileSync(beside, text.replace(from, to));
    renameSync(beside, path);
  };
  const begin = async (recipe: string) => {
    cpSync(`fixtures/watch/${recipe}`, bench.dir, { recursive: true });
    // The engine of the test has its data here.
    const ignoreFile = join(bench.dir, '.dockerignore');
    if (existsSync(ignoreFile)) appendFileSync(ignoreFile, 'root\ntoolchain\n');
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
    await watching.next(2);
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

  it('monorepo: an edit of one of five services restarts it alone, one of what they share all', async () => {
    await begin('monorepo');
    const all = ['gateway', 'users', 'orders', 'stock', 'mail'];
    for (const name of all) await shows(`hello from ${name}`);
    edit('services/stock/main.mjs', "greeting('stock')", "`${greeting('stock')}, in stock`");
    await shows('hello from stock, in stock');
    await watching.next(0);
    const batches = watching.applied().length;
    expect(watching.applied().map(({ services }) => services)).toEqual([
      [{ service: 'stock', did: ['synced', 'restarted'] }],
    ]);
    edit('shared/greet.mjs', 'hello from', 'good evening from');
    for (const name of all) await shows(`good evening from ${name}`);
    const done = await watching.next(batches);
    expect(done.services.map(({ service }) => service).sort()).toEqual([...all].sort());
  });

  it.skipIf(noBusybox !== '')(
    `go: an edit is compiled, and the new server takes over${noBusybox}`,
    async () => {
      // A stand-in for the toolchain: what it makes of a main.go serves the message that stands in it.
      const tar = packBusybox(staticBusybox()!, bench.dir);
      bench.run('image', 'import', tar, 'alpine:3.22');
      bench.write('toolchain/go', goStandIn);
      bench.write('toolchain/Dockerfile', 'FROM alpine:3.22\nCOPY --chmod=755 go /bin/go\n');
      bench.write(
        'toolchain/compose.yaml',
        'name: toolchain\nservices: {go: {image: "golang:1.25-alpine", build: .}}\n',
      );
      expect(bench.run('-f', 'toolchain/compose.yaml', 'build').status).toBe(0);
      await begin('go');
      await shows('hello from Go');
      edit('main.go', 'hello from Go', 'good evening from Go');
      await shows('good evening from Go');
      await watching.next(0);
      bench.write('notes.txt', 'no rule is about this');
      await watching.rests();
      const batches = watching.applied().map(({ paths, services }) => [paths, services]);
      expect(batches).toEqual([[['main.go'], [{ service: 'app', did: ['rebuilt'] }]]]);
    },
  );
});
