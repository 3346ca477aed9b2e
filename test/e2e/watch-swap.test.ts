import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { freePort, requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { Watching } from '../support/watching.ts';

const unmet =
  requirements({ containers: true, built: true }) ??
  (staticBusybox() === undefined ? 'needs a static busybox' : undefined);

/**
 * It listens only a while after its start: a client that is led to it too early is refused. Told to end, it first answers
 * those that it has a connection with (0050 is its port; 01 and 03 are what has been accepted, or is to be).
 */
const script = `sleep 0.5; /bin/busybox httpd -f -p 80 -h /www &
trap 'while /bin/busybox grep -qE ":0050 [0-9A-F]+:[0-9A-F]+ 0[13] " /proc/net/tcp /proc/net/tcp6; do sleep 0.05; done; exit' TERM
wait`;
const serves = JSON.stringify(['/bin/sh', '-c', script]);
const compose = (port: number, more = '') => `
name: swapped
services:
  web:
    build: .
    init: true
    command: ${serves}
    stop_grace_period: 60s
    ports: ["${port}:80"]
    ${more}
    develop:
      watch: [{action: rebuild, path: ./page}, {action: rebuild, path: ./Dockerfile}]
`;
const dockerfile = 'FROM bb\nCOPY page /www/index.html\n';

/** What one connection of its own is answered; the error's code when it fails. */
function request(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    socket.once('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve(text.split('\r\n\r\n')[1] ?? `cut short: ${text}`));
  });
}

describe.skipIf(unmet !== undefined)(`a rebuild that swaps${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let watching: Watching;
  let port: number;
  /** Connects again and again, over IPv4 and IPv6, until told to stop; gives what it was answered. */
  const client = () => {
    const answers: string[] = [];
    let going = true;
    const loops = ['127.0.0.1', '::1'].map(async (host) => {
      while (going) {
        answers.push(await request(host, port));
        await sleep(2);
      }
    });
    const end = async () => {
      going = false;
      await Promise.all(loops);
      return answers;
    };
    return { answers, end };
  };
  const containers = () =>
    bench.run('ps', '-a', '--format', '{{.Name}} {{.State}}').stdout.trim().split('\n');

  beforeAll(async () => {
    bench = workbench();
    port = await freePort();
    bench.run('image', 'import', packBusybox(staticBusybox()!, bench.dir), 'bb');
    bench.write('compose.yaml', compose(port));
    bench.write('Dockerfile', dockerfile);
    bench.write('page', 'first');
    watching = await Watching.begin(bench, 'compose.yaml', 'watch', '--yes');
    await until(async () => (await request('127.0.0.1', port)) === 'first', 'the first page');
  });
  afterAll(async () => {
    await watching?.end();
    bench?.close('swapped');
  });

  it('refuses no connection while another container takes the ports over', async () => {
    const { answers, end } = client();
    await until(() => answers.length > 20, 'answers before the rebuild');
    const before = watching.applied().length;
    bench.write('page', 'second');
    await watching.next(before);
    await until(() => answers.at(-1) === 'second', 'the second page');
    const all = await end();
    expect([...new Set(all)].sort()).toEqual(['first', 'second']);
    expect(containers()).toEqual(['swapped-web-1 running']);
  });

  it('carries to its end what has begun with the old container', async () => {
    const begun = ['127.0.0.1', '::1'].map((host) => {
      const socket = connect({ host, port });
      const text = new Promise<string>((resolve) => {
        let all = '';
        socket.on('data', (piece) => {
          all += piece;
        });
        socket.once('error', (error) => resolve(error.message));
        socket.once('close', () => resolve(all));
      });
      return {
        socket,
        text,
        written: once(socket, 'connect').then(() => socket.write('GET / HTTP/1.0\r\n')),
      };
    });
    await Promise.all(begun.map(({ written }) => written));
    const before = watching.applied().length;
    bench.write('page', 'third');
    for (const host of ['127.0.0.1', '::1'])
      await until(async () => (await request(host, port)) === 'third', 'the third page');
    for (const { socket } of begun) socket.write('\r\n');
    for (const { text } of begun) expect(await text).toMatch(/second$/);
    await watching.next(before);
  });

  it('goes on as before when the new one does not come up, and keeps nothing of it', async () => {
    const { answers, end } = client();
    bench.write('Dockerfile', `${dockerfile}HEALTHCHECK --interval=200ms --retries=1 CMD false\n`);
    await watching.run.until('is unhealthy');
    await until(() => answers.length > 20, 'answers after the failure');
    expect([...new Set(await end())]).toEqual(['third']);
    expect(containers()).toEqual(['swapped-web-1 running']);
  });

  it('lets another engine go on with the ports', async () => {
    bench.write('Dockerfile', dockerfile);
    const before = watching.applied().length;
    bench.write('page', 'fourth');
    await watching.next(before);
    bench.run('engine', 'stop', '--force');
    expect(containers()).toEqual(['swapped-web-1 running']);
    expect([await request('127.0.0.1', port), await request('::1', port)]).toEqual(['fourth', 'fourth']);
    expect(bench.run('port', 'web', '80').stdout).toContain(`:${port}`);
  });
});
