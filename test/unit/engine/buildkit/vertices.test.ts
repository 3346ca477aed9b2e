import { describe, expect, it } from 'vitest';
import type { BuildPlan } from '../../../../src/build/plan/types.ts';
import type { BuildEvent } from '../../../../src/engine/api/build.ts';
import { pathsRead } from '../../../../src/engine/buildkit/solve/follow-paths.ts';
import { lintAnswer } from '../../../../src/engine/buildkit/solve/lint-build.ts';
import { Trace } from '../../../../src/engine/buildkit/solve/trace.ts';
import { timestamp, Vertices } from '../../../../src/engine/buildkit/solve/vertices.ts';

function told(events: readonly BuildEvent[]) {
  let now = 1_000_000;
  const vertices = new Vertices('ref', {
    now: () => now++,
    dockerfile: () => 'FROM busybox\n',
    exports: 'exporting to image',
    names: ['app', 'reg.example/x:1'],
  });
  return events.flatMap((event) => vertices.take(event));
}

describe('vertices', () => {
  it('are steps, begun and ended, with their output', () => {
    const pieces = told([
      { type: 'begin', steps: 2 },
      { type: 'start', step: 0, name: '[1/2] FROM busybox', base: true },
      { type: 'end', step: 0, name: '[1/2] FROM busybox', outcome: 'done', took: 0 },
      { type: 'start', step: 1, name: '[2/2] RUN make' },
      { type: 'log', step: 1, text: 'making' },
      { type: 'end', step: 1, name: '[2/2] RUN make', outcome: 'done', took: 9 },
      { type: 'done', image: 'sha256:1', tags: [] },
    ]);
    const vertexes = pieces.flatMap((piece) => piece.vertexes ?? []);
    expect(vertexes.map(({ name, completed }) => [name, completed !== undefined])).toEqual([
      ['[1/2] FROM busybox', false],
      ['[1/2] FROM busybox', true],
      ['[2/2] RUN make', false],
      ['[2/2] RUN make', true],
      ['exporting to image', false],
      ['exporting to image', true],
    ]);
    const digest = vertexes.at(2)?.digest;
    expect(pieces.flatMap((piece) => piece.logs ?? [])).toMatchObject([
      { vertex: digest, message: Buffer.from('making\n') },
    ]);
    expect(pieces.flatMap((piece) => piece.statuses ?? []).map(({ id }) => id)).toEqual([
      'writing image sha256:1',
      'naming to docker.io/library/app:latest',
      'naming to reg.example/x:1',
    ]);
  });

  it('are marked where they were found in the cache, also when they never began', () => {
    const pieces = told([{ type: 'end', step: 0, name: 'COPY', outcome: 'cached', took: 0 }]);
    expect(pieces.at(-1)?.vertexes).toMatchObject([{ name: 'COPY', cached: true }]);
  });

  it('have the error where they failed, and are given up where they did not', () => {
    const pieces = told([
      { type: 'begin', steps: 3 },
      { type: 'start', step: 0, name: 'one' },
      { type: 'start', step: 1, name: 'two' },
      { type: 'end', step: 0, name: 'one', outcome: 'failed', took: 1 },
      { type: 'error', code: 'BUILD_STEP', message: 'exit code: 1' },
    ]);
    const ended = pieces.flatMap((piece) => piece.vertexes ?? []).filter(({ completed }) => completed);
    expect(ended.map(({ name, error }) => [name, error])).toEqual([
      ['one', 'exit code: 1'],
      ['two', 'context canceled'],
    ]);
  });

  it('tell warnings with the lines that they are about', () => {
    const where = { file: 'Dockerfile', line: 3, endLine: 4, column: 1 };
    const [piece] = told([{ type: 'warning', rule: 'JSONArgsRecommended', message: 'so', where }]);
    expect(piece?.warnings?.[0]).toMatchObject({
      short: Buffer.from('JSONArgsRecommended: so (line 3)'),
      url: 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
      ranges: [{ start: { line: 3 }, end: { line: 4 } }],
    });
  });

  it('have times of whole seconds and the rest', () => {
    expect(timestamp(1234.5)).toEqual({ seconds: 1, nanos: 234_500_000 });
  });
});

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
}

describe('a trace', () => {
  const piece = (text: string) => ({ logs: [{ vertex: 'v', message: Buffer.from(text) }] });

  it('is told from its beginning to whoever comes, and ends', async () => {
    const trace = new Trace();
    const { signal } = new AbortController();
    await trace.tell(piece('a'));
    const early = all(trace.follow(signal));
    await trace.tell(piece('b'));
    trace.end();
    await trace.tell(piece('late'));
    const late = await all(trace.follow(signal));
    expect(late).toEqual([piece('a'), piece('b')]);
    expect(await early).toEqual(late);
  });

  it('lets the build wait for one who reads slowly, and go on when he goes', async () => {
    const trace = new Trace();
    const gone = new AbortController();
    const reader = trace.follow(gone.signal);
    await trace.tell(piece('0'));
    await reader.next();
    let behind = 0;
    const telling = (async () => {
      for (; behind < 1000; behind++) await trace.tell(piece('x'));
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(behind).toBeLessThan(300);
    gone.abort();
    await reader.return(undefined);
    await telling;
    expect(behind).toBe(1000);
  });

  it('keeps a bounded amount of output, and says that there was more', async () => {
    const trace = new Trace();
    for (let count = 0; count < 40; count++) await trace.tell(piece('x'.repeat(1024 * 1024)));
    trace.end();
    expect((await all(trace.follow(new AbortController().signal))).length).toBe(16 + 1);
  });
});

describe('what a plan reads of a context', () => {
  const plan = (steps: readonly object[]) => ({ steps }) as unknown as BuildPlan;
  const copy = (path: string, name = '') => ({
    kind: 'copy',
    from: { kind: 'context', name },
    sources: [{ kind: 'path', path }],
  });

  it('is paths, all of it, or nothing', () => {
    expect(pathsRead(plan([copy('b/'), copy('/a/./x*'), copy('z', 'other')]), '')).toEqual(['a/x*', 'b']);
    expect(pathsRead(plan([copy('a'), copy('.')]), '')).toBe('all');
    expect(pathsRead(plan([copy('a/**/b')]), '')).toBe('all');
    expect(pathsRead(plan([copy('z', 'other')]), '')).toBeUndefined();
    const bind = {
      kind: 'run',
      mounts: [{ type: 'bind', from: { kind: 'context', name: '' }, source: '/m' }],
    };
    expect(pathsRead(plan([bind]), '')).toEqual(['m']);
  });
});

describe('the answer of checks', () => {
  it('has the lines as JSON and as text', () => {
    const where = { file: 'D', line: 2, endLine: 2, column: 1 };
    const answer = lintAnswer(
      [{ type: 'warning', rule: 'StageNameCasing', message: 'm', where }],
      'FROM x\n',
    );
    expect(JSON.parse(answer.get('result.json')!.toString())).toMatchObject({
      warnings: [{ ruleName: 'StageNameCasing', location: { ranges: [{ start: { line: 2 } }] } }],
      sources: [{ filename: 'D', data: Buffer.from('FROM x\n').toString('base64') }],
    });
    expect(answer.get('result.statuscode')?.toString()).toBe('1');
    expect(lintAnswer([], '').get('result.statuscode')?.toString()).toBe('0');
  });
});
