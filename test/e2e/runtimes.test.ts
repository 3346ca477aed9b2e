import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineStatus } from '../../src/engine/api/engine.ts';
import { freePort, requirements } from '../support/cli.ts';
import { ask, until } from '../support/engine.ts';
import { pageOf } from '../support/page-of.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ root: true, built: true, commands: ['crun'] });

const server = `
  const { lookup } = require('node:dns');
  const { createServer } = require('node:http');
  const { appendFileSync, readFileSync } = require('node:fs');
  console.log('serving');
  appendFileSync('/data/starts', 'start\\n');
  createServer((request, response) => {
    lookup('web', (error, address) => response.end(JSON.stringify({ web: error ? String(error) : address, secret: readFileSync('/run/secrets/word', 'utf8'), config: readFileSync('/etc/app.conf', 'utf8') })));
    if (request.url === '/die') setTimeout(() => process.exit(3), 50);
  }).listen(80);
  process.on('SIGTERM', () => { console.log('stopping'); process.exit(6); });
`.replaceAll('\n', ' ');

describe.skipIf(unmet !== undefined)(
  `a service of another runtime${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let port: number;
    beforeAll(async () => {
      bench = workbench();
      port = await freePort();
      bench.write('word', 'secret word');
      bench.write(
        'compose.yaml',
        `name: mixed
services:
  api:
    image: tcompose/host
    runtime: crun
    command: ["node", "-e", ${JSON.stringify(server)}]
    ports: ["127.0.0.1:${port}:80"]
    volumes: ["data:/data"]
    secrets: [word]
    configs: [{source: conf, target: /etc/app.conf}]
    restart: on-failure
    mem_limit: 256m
    healthcheck: {test: ["CMD", "node", "-e", "fetch('http://127.0.0.1').then(() => process.exit(0), () => process.exit(1))"], interval: 300ms, retries: 60}
  web:
    image: tcompose/host
    command: sleep 1000
    init: true
    depends_on: {api: {condition: service_healthy}}
volumes: {data: {}}
secrets: {word: {file: ./word}}
configs: {conf: {content: "the configuration"}}
`,
      );
    });
    afterAll(() => bench.close('mixed'));

    const page = async () => JSON.parse(await pageOf('127.0.0.1', port)) as Record<string, string>;
    const inspect = (format: string): string =>
      bench.run('container', 'inspect', '--format', format, 'mixed-api-1').stdout.trim();

    it('comes up healthy beside one of the built-in runtime, with network, volume, secret and config', async () => {
      const up = bench.run('up', '-d');
      expect(up.stderr).not.toContain('error');
      expect(up.status).toBe(0);
      expect(inspect('{{.HostConfig.Runtime}} {{.State.Health.Status}}')).toBe('crun healthy');
      const { web, secret, config } = await page();
      expect(secret).toBe('secret word');
      expect(config).toBe('the configuration');
      expect(web).toMatch(/^172\./);
      const fromWeb = bench.run(
        'exec',
        '-T',
        'web',
        'node',
        '-e',
        "fetch('http://api').then((r) => r.text()).then(console.log)",
      );
      expect(fromWeb.stdout).toContain('secret word');
      expect(bench.run('logs', 'api').stdout).toContain('serving');
      expect(bench.run('engine', 'status').stdout).toMatch(/^runtimes +tcompose, crun/m);
    });

    it('is executed in, and seen by ps, top and stats', () => {
      const exec = bench.run('exec', '-T', 'api', 'sh', '-c', 'cat /data/starts; exit 4');
      expect(exec).toMatchObject({ status: 4, stdout: 'start\n' });
      expect(bench.run('ps').stdout).toMatch(/mixed-api-1.*\(healthy\)/);
      expect(bench.run('top', 'api').stdout).toContain('node -e');
      expect(bench.run('stats', '--no-stream', 'api').stdout).toMatch(/mixed-api-1.*256MiB/);
      expect(bench.run('up', '--dry-run').stdout).toBe('nothing to do\n');
    });

    it('is restarted by its policy', async () => {
      await pageOf('127.0.0.1', port, '/die').catch(() => '');
      await until(() => inspect('{{.RestartCount}} {{.State.Health.Status}}') === '1 healthy', 'the restart');
      // For a moment the health is still that of the process before.
      const starts = () => bench.run('exec', '-T', 'api', 'cat', '/data/starts').stdout;
      await until(() => starts() === 'start\nstart\n', 'its second start');
      expect((await page()).secret).toBe('secret word');
    });

    it('outlives an engine that is killed, and is stopped with its exit code by the next', async () => {
      const socket = join(bench.env.TCOMPOSE_ROOT!, 'run', 'engine.sock');
      const status = async () => (await ask<EngineStatus>(socket, 'GET', '/tcompose/status')).json;
      const { pid } = await status();
      const before = inspect('{{.State.Pid}}');
      process.kill(pid, 'SIGKILL');
      await until(async () => (await status().catch(() => undefined))?.pid !== pid, 'the engine to end');
      await until(async () => (await status().catch(() => undefined)) !== undefined, 'another engine');
      expect(inspect('{{.State.Pid}} {{.State.Status}}')).toBe(`${before} running`);
      expect((await page()).secret).toBe('secret word');
      expect(bench.run('exec', '-T', 'api', 'true').status).toBe(0);
      expect(bench.run('stop', 'api').status).toBe(0);
      expect(inspect('{{.State.ExitCode}}')).toBe('6');
      expect(bench.run('logs', 'api').stdout).toContain('stopping');
    });

    it('is recreated when its runtime is another', async () => {
      bench.run('up', '-d');
      const other = readFileSync(join(bench.dir, 'compose.yaml'), 'utf8').replace(
        'runtime: crun',
        'runtime: tcompose',
      );
      bench.write('other.yaml', other);
      expect(bench.run('-f', 'other.yaml', 'up', '-d').stderr).toMatch(/mixed-api-1 +Recreated/);
      expect(inspect('{{.HostConfig.Runtime}}')).toBe('tcompose');
      expect((await page()).config).toBe('the configuration');
      expect(bench.run('down', '-v').status).toBe(0);
    });
  },
);

const unmetByAny = requirements({ containers: true, built: true, commands: ['crun'] });

describe.skipIf(unmetByAny !== undefined)(
  `a service of a runtime that can't be had${unmetByAny ? ` (skipped: ${unmetByAny})` : ''}`,
  () => {
    const isRoot = process.getuid?.() === 0;
    let bench: Workbench;
    beforeAll(() => {
      bench = workbench();
    });
    afterAll(() => bench.close('none'));

    // Those of other projects are root's, whether or not they are installed.
    it.each(['nothing-like-it', ...(isRoot ? [] : ['crun'])])(
      'is refused before anything is made, with those that can: %s',
      (runtime) => {
        const service = `{image: tcompose/host, runtime: ${runtime}, command: "true"}`;
        bench.write('unknown.yaml', `name: none\nservices:\n  a: ${service}\n`);
        const { status, stderr } = bench.run('-f', 'unknown.yaml', 'up', '-d');
        expect(status).toBe(1);
        const said = isRoot
          ? /unknown or invalid runtime name: nothing-like-it; this machine has tcompose, crun/
          : /runtime "[^"]+" needs root; without root, use tcompose\nhint: Leave `runtime` out, or /;
        expect(stderr).toMatch(said);
        expect(bench.run('-f', 'unknown.yaml', 'ps', '-aq').stdout).toBe('');
        expect(bench.run('network', 'ls').stdout).not.toContain('none_default');
      },
    );
  },
);
