import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineStatus } from '../../src/engine/api/engine.ts';
import { freePort, requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { pageOf } from '../support/page-of.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`an engine that is killed${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = workbench();
    const services = Array.from(
      { length: 8 },
      (_, at) => `  s${at}: {image: tcompose/host, init: true, command: sleep 1000}`,
    );
    bench.write('compose.yaml', `name: many\nservices:\n${services.join('\n')}\n`);
    bench.write(
      'count.yaml',
      `name: count\nservices:\n  counter: {image: tcompose/host, init: true, command: "sh -c 'i=0; while :; do i=$$((i+1)); echo number $$i; sleep 0.05; done'"}\n`,
    );
  });
  afterAll(() => bench.close('many', 'count', 'traffic'));

  const askPid = () =>
    new Promise<number>((resolve, reject) => {
      const socketPath = join(bench.env.TCOMPOSE_ROOT!, 'run', 'engine.sock');
      request({ socketPath, path: '/tcompose/status' }, async (answer) => {
        let text = '';
        for await (const part of answer) text += part;
        resolve((JSON.parse(text) as EngineStatus).pid);
      })
        .on('error', reject)
        .end();
    });
  /** Pid of the engine that answers, one other than `before`. */
  const enginePid = async (before?: number): Promise<number> => {
    let pid: number | undefined;
    await until(async () => {
      pid = await askPid().catch(() => undefined);
      return pid !== undefined && pid !== before;
    }, 'an engine');
    return pid!;
  };

  it.each([
    'Network many_default  Creating',
    'Container many-s0-1  Creating',
    'Container many-s3-1  Starting',
  ])('at "%s": up goes on or says so, and another converges', async (moment) => {
    bench.run('ls');
    const pid = await enginePid();
    const up = bench.begin('up', '-d');
    await up.until(moment);
    process.kill(pid, 'SIGKILL');
    const code = await up.exit;
    if (code !== 0) expect(up.output()).toMatch(/error: .*connection broke/);
    const again = bench.run('up', '-d');
    expect(again.stderr).not.toContain('error');
    expect(again.status).toBe(0);
    expect(bench.run('ps', '-q').stdout.trim().split('\n')).toHaveLength(8);
    expect(bench.run('up', '--dry-run').stdout).toBe('nothing to do\n');
    expect(bench.run('down', '-t', '1').status).toBe(0);
    expect(bench.run('ps', '-aq').stdout).toBe('');
  });

  it('under traffic: names are answered and published ports accept throughout', async () => {
    const port = await freePort();
    bench.write(
      'asker.mjs',
      `import { createSocket } from 'node:dgram';
// As resolvers do, a question is asked again after a while: the one that an engine had read when it was killed is lost.
// It is asked for two minutes, however long the next engine takes.
const socket = createSocket('udp4');
const header = (id) => [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
const web = [3, 119, 101, 98, 0, 0, 1, 0, 1];
const answers = new Map();
socket.on('message', (message) => answers.get(message.readUInt16BE(0))?.(message));
for (let id = 1; ; id++) {
  const ask = () => socket.send(Buffer.from([...header(id), ...web]), 53, '127.0.0.11');
  const again = setInterval(ask, 2000);
  const late = setTimeout(() => answers.get(id)?.(), 120_000);
  const answer = await new Promise((done) => {
    answers.set(id, done);
    ask();
  });
  answers.delete(id);
  clearInterval(again);
  clearTimeout(late);
  const right = answer !== undefined && (answer[3] & 15) === 0 && answer.readUInt16BE(6) === 1;
  console.log(right ? 'answer ' + id : 'no answer: ' + answer?.toString('hex'));
  await new Promise((done) => setTimeout(done, 20));
}
`,
    );
    bench.write(
      'traffic.yaml',
      `name: traffic
services:
  web:
    image: tcompose/host
    init: true
    command: [node, -e, "require('http').createServer((q, a) => a.end('here')).listen(80)"]
    ports: ["${port}:80"]
    healthcheck: {test: [CMD, node, -e, "fetch('http://localhost').catch(() => process.exit(1))"], interval: 10s, start_interval: 100ms, start_period: 180s}
  asker:
    image: tcompose/host
    init: true
    command: node /app/asker.mjs
    volumes: ["./asker.mjs:/app/asker.mjs:ro"]
    depends_on: {web: {condition: service_healthy}}
`,
    );
    expect(bench.run('-f', 'traffic.yaml', 'up', '-d').status).toBe(0);
    const refusals: string[] = [];
    let served = 0;
    let over = false;
    const knock = async (host: string) => {
      while (!over) {
        try {
          if ((await pageOf(host, port)) === 'here') served += 1;
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          // What the engine was passing on when it died is cut; a new connection must not be refused.
          if (host === '127.0.0.1' || code === 'ECONNREFUSED') refusals.push(`${host}: ${code}`);
        }
        await sleep(10);
      }
    };
    const knocking = Promise.all([knock('127.0.0.1'), knock('[::1]')]);
    const answersSoFar = () =>
      bench.run('-f', 'traffic.yaml', 'logs', '--no-log-prefix', 'asker').stdout.match(/^answer/gm)?.length ??
      0;
    const answersPast = async (count: number) => {
      for (let tries = 0; tries < 1000 && answersSoFar() <= count; tries++) await sleep(50);
      expect(answersSoFar()).toBeGreaterThan(count);
    };
    await answersPast(0);
    for (let kills = 0; kills < 3; kills++) {
      const pid = await enginePid();
      const before = served;
      const answered = answersSoFar();
      process.kill(pid, 'SIGKILL');
      for (let tries = 0; tries < 2000 && served < before + 20; tries++) await sleep(50);
      expect(served).toBeGreaterThanOrEqual(before + 20);
      // The command meets a dead or a starting engine, and is answered by the next.
      expect(bench.run('-f', 'traffic.yaml', 'ps', '-q').status).toBe(0);
      // Answers of before the kill may still be on their way into the log: one past them is of the next engine.
      await answersPast(answered + 2);
    }
    over = true;
    await knocking;
    expect(refusals).toEqual([]);
    const said = bench.run('-f', 'traffic.yaml', 'logs', '--no-log-prefix', 'asker').stdout;
    expect(said.split('\n').filter((line) => line.startsWith('no answer'))).toEqual([]);
    const ids = bench.run('-f', 'traffic.yaml', 'ps', '-q').stdout;
    expect(bench.run('-f', 'traffic.yaml', 'up', '-d').status).toBe(0);
    expect(bench.run('-f', 'traffic.yaml', 'ps', '-q').stdout).toBe(ids);
    expect(bench.run('-f', 'traffic.yaml', 'down', '-t', '1').status).toBe(0);
  });

  it('under run and exec: run goes on to its end, exec says what is lost; followers start no engine', async () => {
    bench.write(
      'one.yaml',
      `name: count\nservices:\n  box: {image: tcompose/host, init: true, command: "sh -c 'while :; do echo here; sleep 0.2; done'"}\n`,
    );
    const loop = [
      'sh',
      '-c',
      'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo number $i; sleep 0.1; done; exit 7',
    ];
    const one = bench.begin('-f', 'one.yaml', 'run', '--rm', 'box', ...loop);
    await one.until('number 5\n');
    const first = await enginePid();
    process.kill(first, 'SIGKILL');
    expect(`${await one.exit} ${one.output()}`).toMatch(/^7 [\s\S]*number 40\n/);
    expect(one.output()).toContain('keeps running under the next engine');

    const plain = bench.begin('container', 'run', '--rm', 'tcompose/host', ...loop);
    await plain.until('number 5\n');
    process.kill(await enginePid(first), 'SIGKILL');
    expect(await plain.exit).toBe(7);
    const numbers = [...plain.output().matchAll(/^number (\d+)$/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));

    bench.run('-f', 'one.yaml', 'up', '-d');
    const attached = bench.begin('-f', 'one.yaml', 'attach', '--no-stdin', 'box');
    await attached.until('here');
    const stats = bench.begin('-f', 'one.yaml', 'stats');
    await stats.until('count-box-1');
    const exec = bench.begin('-f', 'one.yaml', 'exec', '-T', 'box', ...loop);
    await exec.until('number 5\n');
    const second = await enginePid();
    process.kill(second, 'SIGKILL');
    expect(await exec.exit).toBe(1);
    expect(exec.output()).toContain('error: the engine ended while the command ran');
    await attached.until('keeps running under the next engine');

    const events = bench.begin('-f', 'one.yaml', 'events');
    const third = await enginePid(second);
    // A killed engine is waited for.
    await until(() => {
      bench.run('-f', 'one.yaml', 'restart', '-t', '0');
      return events.output().includes(' start ');
    }, 'an event');
    process.kill(third, 'SIGKILL');
    await enginePid(third);
    bench.run('-f', 'one.yaml', 'down', '-t', '0');
    await events.until(' destroy ');
    expect(bench.run('engine', 'stop')).toMatchObject({ status: 0 });
    // A timeout of 0 has SIGKILL follow SIGTERM at once: either may be the one.
    expect([137, 143]).toContain(await attached.exit);
    // Over when the container is, or with the engine, whichever it hears of first.
    await stats.exit;
    expect(stats.output()).not.toContain('unexpected');
    expect(await events.exit).toBe(1);
    expect(events.output()).toContain('error: the engine has ended\n');
    expect(bench.run('engine', 'status').stdout).toContain('The engine does not run');
  });

  it('under an up in the foreground: every line comes once', async () => {
    const up = bench.begin('-f', 'count.yaml', 'up', '--no-log-prefix');
    await up.until('number 10\n');
    const first = await enginePid();
    process.kill(first, 'SIGKILL');
    await up.until('number 30\n');
    process.kill(await enginePid(first), 'SIGKILL');
    await up.until('number 50\n');
    up.child.kill('SIGINT');
    expect(await up.exit).toBe(130);
    const numbers = [...up.output().matchAll(/number (\d+)/g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(50);
  });
});
