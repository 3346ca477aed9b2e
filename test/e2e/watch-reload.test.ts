import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { holds, Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });

const compose = (port: number) => `
name: pages
services:
  web:
    image: tcompose/host
    init: true
    command: sleep 1000
    stop_grace_period: 0s
    network_mode: none
    x-reload: ${port}
    volumes: [./mounted:/mounted]
    develop:
      watch:
        - {action: sync, path: ./src, target: /app}
        - {action: sync, path: ./mounted, target: /mounted}
  other:
    image: tcompose/host
    init: true
    command: sleep 1000
    stop_grace_period: 0s
    network_mode: none
    develop: {watch: [{action: sync, path: ./other, target: /app}]}
`;

describe.skipIf(unmet !== undefined)(`pages that reload${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let watching: Watching;
  let port: number;
  const get = (path: string, headers: Record<string, string> = {}, host = '127.0.0.1') =>
    new Promise<{ status: number; headers: object; text: () => string; end: () => void }>(
      (resolve, reject) => {
        const asked = request(
          { host, port, path, headers: { Host: `localhost:${port}`, ...headers } },
          (answer) => {
            let text = '';
            answer.on('data', (piece) => {
              text += piece;
            });
            answer.on('error', () => {});
            const end = () => void asked.destroy();
            resolve({ status: answer.statusCode!, headers: answer.headers, text: () => text, end });
          },
        );
        asked.once('error', reject);
        asked.end();
      },
    );
  beforeAll(async () => {
    bench = workbench();
    port = await freePort();
    bench.write('compose.yaml', compose(port));
    bench.write('src/a', '1');
    bench.write('other/a', '1');
    bench.write('mounted/a', '1');
    watching = await Watching.begin(bench, 'compose.yaml', 'watch');
  });
  afterAll(async () => {
    const code = await watching?.end();
    bench?.close('pages');
    expect(code).toBe(130);
  });

  it('are told once when something of their service is another thing, and not of another service', async () => {
    const origin = 'http://localhost:8080';
    const page = await get('/events', { Origin: origin });
    expect([page.status, page.headers]).toMatchObject([
      200,
      { 'content-type': 'text/event-stream', 'access-control-allow-origin': origin },
    ]);
    bench.write('other/a', '2');
    await holds(watching.inside('pages-other-1', '/app/a'), '2');
    await watching.rests();
    expect(page.text()).not.toContain('reload');
    bench.write('src/a', '2');
    await until(() => page.text().includes('event: reload'), 'the word');
    await holds(watching.inside('pages-web-1', '/app/a'), '2');
    bench.write('src/a', '2');
    await watching.rests();
    expect(page.text().split('event: reload')).toHaveLength(2);
    page.end();
  });

  it('are told of what a bind mount shows', async () => {
    const page = await get('/events');
    await until(() => page.text().includes('waiting'), 'the page to be known');
    const before = watching.applied().length;
    bench.write('mounted/a', '2');
    await until(() => page.text().includes('event: reload'), 'the word');
    expect((await watching.next(before)).services).toEqual([{ service: 'web', did: ['shown'] }]);
    page.end();
  });

  it('get a script, and those of elsewhere nothing', async () => {
    const got = await get('/reload.js');
    await until(() => got.text().includes('EventSource'), 'the script');
    const foreign: Record<string, string>[] = [
      { Host: 'rebound.example' },
      { Origin: 'https://elsewhere.example' },
      { Origin: 'null' },
    ];
    for (const headers of foreign) expect((await get('/events', headers)).status).toBe(403);
    expect((await get('/')).status).toBe(404);
    expect((await get('/reload.js', {}, '::1')).status).toBe(200);
  });

  it('have nothing to ask when the service does not want it any more, or the watcher has ended', async () => {
    const page = await get('/events');
    bench.write('compose.yaml', compose(port).replace(/ +x-reload.*\n/, ''));
    await until(
      () =>
        get('/reload.js').then(
          () => false,
          () => true,
        ),
      'nobody listening',
    );
    page.end();
  });
});
