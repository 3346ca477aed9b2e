import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { holds, Watching } from '../support/watching.ts';

const unmet =
  requirements({ containers: true, built: true }) ??
  (staticBusybox() === undefined ? 'needs a static busybox' : undefined);

const compose = `
name: rebuilt
services:
  web:
    build: .
    init: true
    command: [/bin/sleep, "1000"]
    stop_grace_period: 0s
    network_mode: none
    develop:
      watch:
        - {action: rebuild, path: ./page}
        - {action: rebuild, path: ./Dockerfile}
        - {action: sync, path: ./live, target: /live}
  plain:
    build: {context: ., dockerfile: Dockerfile.plain}
    init: true
    command: [/bin/sleep, "1000"]
    stop_grace_period: 0s
    network_mode: none
`;
const dockerfile = 'FROM bb\nCOPY page /page\n';

describe.skipIf(unmet !== undefined)(`rebuilding${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let watching: Watching;
  beforeAll(async () => {
    bench = workbench();
    bench.run('image', 'import', packBusybox(staticBusybox()!, bench.dir), 'bb');
    bench.write('compose.yaml', compose);
    bench.write('Dockerfile', dockerfile);
    bench.write('Dockerfile.plain', dockerfile);
    bench.write('page', 'first');
    bench.write('live/a', 'before');
    watching = await Watching.begin(bench, 'compose.yaml', 'watch', '--yes');
  });
  afterAll(async () => {
    const code = await watching?.end();
    bench?.close('rebuilt');
    expect(code).toBe(130);
  });
  const page = () => readFileSync(watching.inside('rebuilt-web-1', '/page'), 'utf8');

  it('makes the container anew of what was saved, and leaves no image of before', async () => {
    expect(page()).toBe('first');
    bench.write('page', 'second');
    const done = await watching.next(0);
    expect(done.services).toEqual([{ service: 'web', did: ['rebuilt'] }]);
    expect(page()).toBe('second');
    expect(bench.run('image', 'ls', '-q').stdout.trim().split('\n')).toHaveLength(4);
  });

  it('of what comes to the same image changes no container', async () => {
    const before = watching.applied().length;
    const at = watching.inside('rebuilt-web-1', '/');
    bench.write('page', 'second');
    expect((await watching.next(before)).services).toEqual([{ service: 'web', did: ['unchanged'] }]);
    expect(watching.inside('rebuilt-web-1', '/')).toBe(at);
  });

  it('follows an edit of a Dockerfile that no rule is about, and says why', async () => {
    bench.write('Dockerfile.plain', `${dockerfile}LABEL edited=yes\n`);
    await watching.run.until('its Dockerfile was edited');
    await until(
      () => bench.run('container', 'inspect', 'rebuilt-plain-1').stdout.includes('"edited": "yes"'),
      'a container of the new image',
    );
    await watching.run.until('"message":"applied"');
  });

  it('that fails is told, changes nothing, and the next one works', async () => {
    bench.write('Dockerfile', 'FROM bb\nCOPY missing /page\n');
    await watching.run.until('"phase":"failed"');
    expect(page()).toBe('second');
    bench.write('live/a', 'after');
    await holds(watching.inside('rebuilt-web-1', '/live/a'), 'after');
    // The word of a save comes after its file is there.
    await watching.rests();
    const before = watching.applied().length;
    // In this order, as the two may be taken for two saves: the first alone can't be built.
    bench.write('page', 'third');
    bench.write('Dockerfile', dockerfile);
    expect((await watching.next(before)).services).toEqual([{ service: 'web', did: ['rebuilt'] }]);
    await until(() => {
      try {
        return page() === 'third';
      } catch {
        // Between two containers.
        return false;
      }
    }, 'the page of the second save');
    // What was synced before a build, too, is in every container after it.
    await holds(watching.inside('rebuilt-web-1', '/live/a'), 'after');
    await watching.rests();
    bench.run('up', '-d', '--force-recreate', '--no-build', 'web');
    await holds(watching.inside('rebuilt-web-1', '/live/a'), 'after');
  });

  it('into what does not start says why, keeps the container that runs, and goes on', async () => {
    const running = watching.inside('rebuilt-web-1', '/');
    bench.write('Dockerfile', `${dockerfile}USER nosuch\n`);
    await watching.run.until('unable to find user nosuch');
    await watching.rests();
    expect(watching.inside('rebuilt-web-1', '/')).toBe(running);
    const before = watching.applied().length;
    // In this order, as the two may be taken for two saves: the first alone can't be built.
    bench.write('page', 'fourth');
    bench.write('Dockerfile', dockerfile);
    expect((await watching.next(before)).services).toEqual([{ service: 'web', did: ['rebuilt'] }]);
    await until(() => {
      try {
        return page() === 'fourth';
      } catch {
        // Between two containers.
        return false;
      }
    }, 'the page of the save after it');
  });
});
