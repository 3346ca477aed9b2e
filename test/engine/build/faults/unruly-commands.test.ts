import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../support/engine.ts';
import { readIfThere } from '../../../support/leaks.ts';
import { type Builder, hungry, limitsMemory, startBuilder, whyNoBuilder } from '../builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: commands of builds that misbehave: ${unmet}`);

describe.skipIf(unmet !== undefined)('a command of a build', () => {
  let builder: Builder;

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  /** Seconds that nobody else on this machine sleeps: other runs of these tests may be at it. */
  const own = (digit: number) => `73${process.pid}${digit}`;
  const commands = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
  const ended = () =>
    until(
      () =>
        readdirSync(join(builder.engine.root, 'lib/build/tmp')).length === 0 &&
        readdirSync(join(builder.engine.root, 'run/c')).length === 0,
      'the step to end',
    );

  it('takes what it left in the background along when it ends', async () => {
    const text = `FROM busybox\nRUN (trap "" TERM HUP; sleep ${own(1)}) & setsid sleep ${own(2)} & echo over\n`;
    const { output, error } = await builder.build({ text });
    expect(error).toBeUndefined();
    expect(output).toEqual(['over']);
    const children = () => commands().filter((one) => [1, 2].some((at) => one.includes(`sleep ${own(at)}`)));
    await until(() => children().length === 0, 'its children to end');
  });

  it('that takes no signal ends with its build', async () => {
    const stop = new AbortController();
    const text = `FROM busybox\nRUN trap "" TERM INT HUP QUIT; echo deaf; while :; do sleep ${own(3)}; done\n`;
    let deaf = false;
    const built = builder.build(
      { text },
      {
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'log' && event.text === 'deaf') deaf = true;
        },
      },
    );
    await until(() => deaf, 'the command to run');
    stop.abort();
    await built.catch(() => undefined);
    await ended();
    expect(commands().some((one) => one.includes(`sleep ${own(3)}`))).toBe(false);
  });

  it('that writes without end costs bounded memory, whether it is read or not, and ends with its build', async () => {
    const pid = await builder.engine.enginePid();
    const resident = () => Number(/^VmRSS:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1]);
    const before = resident();
    const context = builder.context('endless', {});
    const body = (command: string) =>
      JSON.stringify({ context, dockerfileText: `FROM busybox\nRUN ${command}\n`, noCache: true });
    const lines = 'yes "$(head -c 200 /dev/zero | tr "\\0" x)"';
    for (const [command, reads] of [
      [lines, true],
      [lines, false],
      ['tr "\\0" x </dev/zero', true],
    ] as const) {
      const request = httpRequest({
        socketPath: builder.engine.socket,
        method: 'POST',
        path: '/tcompose/build',
      });
      let taken = 0;
      request.on('error', () => {});
      request.on('response', (answer) => {
        answer.on('error', () => {});
        answer.on('data', (part: Buffer) => {
          taken += part.length;
          if (!reads) answer.pause();
        });
      });
      request.end(body(command));
      await until(() => taken > (reads ? 8_000_000 : 0), 'its output');
      // Time for what is not read to pile up.
      if (!reads) await sleep(1500);
      expect(resident() - before).toBeLessThan(150_000);
      request.destroy();
      await ended();
    }
    expect((await builder.build({ text: 'FROM busybox\nRUN echo after\n' })).output).toEqual(['after']);
  });

  it('is told of to the last line, however much it writes at once', async () => {
    const { output, error } = await builder.build({ text: 'FROM busybox\nRUN seq 1 600000\n' });
    expect(error).toBeUndefined();
    expect(output).toHaveLength(600_000);
    expect(output.at(-1)).toBe('600000');
  });

  it('that has as many processes as it may says so', async () => {
    const text = 'FROM busybox\nUSER 405\nRUN for n in $(seq 40); do sleep 30 & done; echo all of them\n';
    const { error, output } = await builder.build({ text, ulimits: ['nproc=20:20'] });
    expect(error?.message).toMatch(/exit code: \d/);
    expect(output.join('\n')).toContain("can't fork");
    expect(error?.hint).toContain('as many processes as it may have');
    expect(output).not.toContain('all of them');
    await ended();
  });

  it('that takes more memory than it may says so', async ({ skip }) => {
    if (!(await limitsMemory(builder, 'a command of a build that takes more memory than it may')))
      return skip();
    const text = `FROM busybox\nRUN ${hungry}\n`;
    const limits = { Memory: 30_000_000, MemorySwap: 30_000_000 };
    const { error } = await builder.build({ text, limits });
    expect(error?.message).toContain('exit code: 137');
    expect(error?.hint).toBe('It was killed because memory ran out.');
  });
});
