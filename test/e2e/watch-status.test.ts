import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });

const compose = `
name: status
services:
  web:
    image: tcompose/host
    init: true
    command: sleep 1000
    stop_grace_period: 0s
    network_mode: none
    develop:
      watch:
        - {action: sync, path: ./src, target: /app, initial_sync: true, ignore: ["*.log"]}
        - {action: sync+restart, path: ./one.conf, target: /etc/one.conf, initial_sync: true}
`;

describe.skipIf(unmet !== undefined)(`watch --status${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = workbench();
    bench.write('compose.yaml', compose);
    for (const name of ['a', 'b', 'd/c', 'x.log']) bench.write(`src/${name}`, name);
    symlinkSync('a', join(bench.dir, 'src/link'));
    bench.write('one.conf', 'one');
  });
  afterAll(() => bench.close('status'));

  it('says that there is no container', () => {
    const { status, stdout } = bench.run('watch', '--status');
    expect([status, stdout]).toEqual([
      1,
      'web: src → /app: there is no container\nweb: one.conf → /etc/one.conf: there is no container\n',
    ]);
  });

  it('says what differs, and that nothing does', async () => {
    const watching = await Watching.begin(bench, 'compose.yaml', 'watch');
    expect(await watching.end()).toBe(130);
    const same = bench.run('watch', '--status');
    expect([same.stdout, same.status]).toEqual([
      'status-web-1: src → /app: same as here (6)\nstatus-web-1: one.conf → /etc/one.conf: same as here (1)\n',
      0,
    ]);
    bench.write('src/a', 'A');
    bench.write('src/d/new', 'new');
    bench.write('src/y.log', 'ignored');
    rmSync(join(bench.dir, 'src/b'));
    const { stdout, status } = bench.run('watch', '--status', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        service: 'web',
        container: 'status-web-1',
        target: '/app',
        differences: [
          { target: '/app/a', difference: 'different' },
          { target: '/app/b', difference: 'extra' },
          { target: '/app/d/new', difference: 'missing' },
        ],
      },
      { target: '/etc/one.conf', differences: [] },
    ]);
  });
});
