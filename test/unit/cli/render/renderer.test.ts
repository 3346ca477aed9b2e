import { Writable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { jsonRenderer } from '../../../../src/cli/render/json.ts';
import { liveLines } from '../../../../src/cli/render/live/live-lines.ts';
import { logFormatter, plainLogStyle } from '../../../../src/cli/render/log-lines.ts';
import { plainRenderer, quietRenderer } from '../../../../src/cli/render/plain.ts';
import type { RenderTarget } from '../../../../src/cli/render/renderer.ts';
import { TcomposeError } from '../../../../src/errors.ts';
import type { TcomposeEvent } from '../../../../src/events.ts';

const events: TcomposeEvent[] = [
  { type: 'begin', resources: [{ kind: 'container', name: 'shop-web-1' }] },
  { type: 'warning', message: 'old key', hint: 'use the new one' },
  { type: 'progress', kind: 'container', name: 'shop-web-1', status: 'Starting', state: 'working', at: 1 },
  { type: 'log', service: 'web', container: 'shop-web-1', stream: 'stdout', line: 'hello', timestamp: 'T' },
  { type: 'container-exit', service: 'web', container: 'shop-web-1', exitCode: 3 },
  { type: 'error', error: new TcomposeError('CLI_USAGE', 'no', { hint: 'yes' }) },
];

/** A stream that keeps what is written to it. */
function sink() {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

function rendered(
  make: (target: RenderTarget) => { emit: (event: TcomposeEvent) => void },
  log = plainLogStyle,
) {
  const out = sink();
  const err = sink();
  const renderer = make({
    out: out.stream,
    err: err.stream,
    color: { stdout: false, stderr: false },
    unicode: true,
    log,
  });
  for (const event of events) renderer.emit(event);
  return { out: out.text(), err: err.text() };
}

describe('renderers', () => {
  test('plain', () => {
    expect(
      rendered(plainRenderer, { ...plainLogStyle, project: 'shop', containers: ['shop-database-1'] }),
    ).toEqual({
      out: 'web-1       | hello\nweb-1 exited with code 3\n',
      err: 'warning: old key\nhint: use the new one\n Container shop-web-1  Starting\nerror: no\nhint: yes\n',
    });
  });

  test('quiet shows no progress, but all else', () => {
    const { out, err } = rendered(quietRenderer);
    expect(out).toContain('hello');
    expect(err).not.toContain('Starting');
    expect(err).toContain('old key');
  });

  test('json is one object a line, what services print apart from the rest', () => {
    const { out, err } = rendered(jsonRenderer);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(['log', 'container-exit']);
    expect(
      err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(['begin', 'warning', 'progress', 'error']);
    expect(JSON.parse(err.trim().split('\n')[2]!)).toEqual({
      type: 'progress',
      id: 'Container shop-web-1',
      status: 'Working',
      text: 'Starting',
    });
    expect(JSON.parse(err.trim().split('\n').at(-1)!)).toMatchObject({ code: 'CLI_USAGE', hint: 'yes' });
  });
});

describe('an image under way', () => {
  const layer = (status: string, current: number, at: number): TcomposeEvent => ({
    type: 'layer',
    image: 'nginx',
    layer: '0123456789ab',
    status,
    current,
    total: 2_000_000,
    at,
  });
  const image = (status: string, state: 'working' | 'done'): TcomposeEvent => ({
    type: 'progress',
    kind: 'image',
    name: 'nginx',
    status,
    state,
    at: 0,
  });
  const target = () => {
    const [out, err] = [sink(), sink()];
    const color = { stdout: false, stderr: false };
    return { err, target: { out: out.stream, err: err.stream, color, unicode: true, log: plainLogStyle } };
  };

  test('has, as plain text, a line at the start and the end and one each half minute between', async () => {
    vi.useFakeTimers();
    try {
      const { err, target: to } = target();
      const { emit, close } = plainRenderer(to);
      emit(image('Pulling', 'working'));
      for (let at = 0; at < 500; at++) emit(layer('Downloading', 1000 * at, at));
      vi.advanceTimersByTime(61_000);
      emit(layer('Pull complete', 2_000_000, 61_000));
      emit(image('Pulled', 'done'));
      vi.advanceTimersByTime(100_000);
      await close();
      const lines = err.text().trimEnd().split('\n');
      expect(lines).toHaveLength(4);
      expect(lines[0]).toBe(' Image nginx  Pulling');
      expect(lines[1]).toMatch(/^ Image nginx {2}Pulling {2}0\/1 layers {2}499kB\/2MB/);
      expect(lines[3]).toBe(' Image nginx  Pulled  2MB in 1m01s');
      expect(err.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    } finally {
      vi.useRealTimers();
    }
  });

  test('tells of each layer as JSON, in the fields of Docker Compose', () => {
    const { err, target: to } = target();
    jsonRenderer(to).emit(layer('Downloading', 500_000, 1));
    expect(JSON.parse(err.text())).toEqual({
      type: 'progress',
      id: '0123456789ab',
      parent_id: 'Image nginx',
      status: 'Working',
      text: 'Downloading',
      current: 500_000,
      total: 2_000_000,
      percent: 25,
    });
  });

  test('is one line of a live list', () => {
    const look = { columns: 80, height: 10, color: false, unicode: true, frame: 0, now: 3000 };
    const row = {
      label: 'Image nginx',
      text: 'Pulling',
      state: 'working',
      began: 0,
      more: () => '1/2 layers',
    } as const;
    expect(liveLines([row], look)[1]).toBe('⠋ Image nginx  Pulling  1/2 layers');
  });
});

describe('log lines', () => {
  const line = (container: string): TcomposeEvent => ({
    type: 'log',
    service: 's',
    container,
    stream: 'stdout',
    line: 'x',
    timestamp: '2026-01-01T00:00:00.000000000Z',
  });

  test('each container has a colour of its own, and keeps it', () => {
    const format = logFormatter({ ...plainLogStyle, color: true });
    const [a, b, again] = [format(line('a')), format(line('b')), format(line('a'))];
    expect(a).toBe('\u001b[36ma  | \u001b[0mx\n');
    expect(b).not.toContain('\u001b[36m');
    expect(again).toBe(a);
  });

  test('without prefix, with time', () => {
    expect(logFormatter({ ...plainLogStyle, prefix: false, timestamps: true })(line('a'))).toBe(
      '2026-01-01T00:00:00.000000000Z x\n',
    );
  });
});
