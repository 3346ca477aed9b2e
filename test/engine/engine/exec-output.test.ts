import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frame } from '../../../src/engine/http/multiplex.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const framed = (stream: 'stdout' | 'stderr', text: string): string =>
  frame(stream, Buffer.from(text)).toString();

/** Recorded from dockerd 28.5: the request that starts an exec decides the form of its output, whatever its own terminal. */
describe.skipIf(why)('the form of the output of an exec', () => {
  let engine: TestEngine;

  beforeAll(async () => {
    engine = await startTestEngine();
    const body = { Image: 'tcompose/host', Cmd: ['sleep', '300'] };
    expect((await engine.api('POST', '/containers/create?name=host', body)).status).toBe(201);
    expect((await engine.api('POST', '/containers/host/start')).status).toBe(204);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it.each<[boolean, boolean | undefined, string]>([
    [false, false, `${framed('stdout', 'o\n')}${framed('stderr', 'e\n')}`],
    [false, undefined, `${framed('stdout', 'o\n')}${framed('stderr', 'e\n')}`],
    // Without frames there is no place for the standard error.
    [false, true, 'o\n'],
    [true, true, 'o\r\ne\r\n'],
    [true, false, `${framed('stdout', 'o\r\n')}${framed('stdout', 'e\r\n')}`],
    [true, undefined, `${framed('stdout', 'o\r\n')}${framed('stdout', 'e\r\n')}`],
  ])('a terminal of its own: %s, Tty of the start: %s', async (Tty, asked, output) => {
    const made = await engine.api<{ Id: string }>('POST', '/containers/host/exec', {
      AttachStdout: true,
      AttachStderr: true,
      Tty,
      Cmd: ['sh', '-c', 'echo o; sleep 0.3; echo e >&2'],
    });
    const start = { Detach: false, ...(asked === undefined ? {} : { Tty: asked }) };
    const answer = await engine.api('POST', `/exec/${made.json.Id}/start`, start);
    expect(answer.text).toBe(output);
    // Without an upgrade the type does not tell the form.
    expect(answer.headers['content-type']).toBe('application/vnd.docker.raw-stream');
    const { json } = await engine.api<{ ExitCode: number }>('GET', `/exec/${made.json.Id}/json`);
    expect(json.ExitCode).toBe(0);
  });
});
