import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logTime } from '../../../../src/engine/logs/cri-line.ts';
import { encodeLogBatch, type LogBatch, logRecords } from '../../../../src/engine/logs/log-batch.ts';
import { type LogGrowth, type ReadLogOptions, readLog } from '../../../../src/engine/logs/read-log.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tcompose-log-'));
  path = join(directory, 'log');
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Segment {
  second: number;
  stream: 'stdout' | 'stderr';
  partial: boolean;
  text: string;
}

const base = 1_700_000_000n;
const time = (second: number) => logTime((base + BigInt(second)) * 1_000_000_000n + 123n);
const format = (s: Segment) => `${time(s.second)} ${s.stream} ${s.partial ? 'P' : 'F'} ${s.text}\n`;
const both = { stdout: true, stderr: true } as const;

/** The log files of this test that are open, by their present names. */
const namesOpen = () =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const name = readlinkSync(`/proc/self/fd/${fd}`);
      return name.startsWith(`${directory}/`) ? [name] : [];
    } catch {
      return [];
    }
  });
const openFiles = () => namesOpen().length;

async function collect(options: ReadLogOptions): Promise<Segment[]> {
  const result: Segment[] = [];
  for await (const batch of readLog(path, options)) {
    for (const record of logRecords(batch))
      result.push({
        second: Number(BigInt(Date.parse(record.time)) / 1000n - base),
        stream: record.stream,
        partial: !record.last,
        text: record.content.toString(),
      });
  }
  return result;
}

/** The same by brute force: segments by time and stream, then the last lines by their last segment. */
function naive(segments: readonly Segment[], options: ReadLogOptions): Segment[] {
  const until = segments.findIndex((s) => options.until !== undefined && time(s.second) > options.until);
  const seen = (until < 0 ? segments : segments.slice(0, until)).filter(
    (s) => options[s.stream] && (options.since === undefined || time(s.second) >= options.since),
  );
  const lines: { segments: { at: number; segment: Segment }[]; done: number }[] = [];
  const open: Partial<Record<Segment['stream'], (typeof lines)[number]>> = {};
  seen.forEach((segment, at) => {
    let line = open[segment.stream];
    if (line === undefined) {
      line = { segments: [], done: at };
      lines.push(line);
    }
    line.segments.push({ at, segment });
    line.done = at;
    open[segment.stream] = segment.partial ? line : undefined;
  });
  const chosen = lines
    .filter(
      ({ segments: [first] }) => options.since === undefined || time(first!.segment.second) >= options.since,
    )
    .sort((a, b) => a.done - b.done)
    .slice(options.tail === undefined ? 0 : -options.tail || Infinity);
  return chosen
    .flatMap((line) => line.segments)
    .sort((a, b) => a.at - b.at)
    .map(({ segment }) => segment);
}

/** Spreads the segments over files as rotation would: whole lines of the file, oldest file with the highest number. */
function write(segments: readonly Segment[], cuts: readonly number[], junk: readonly number[] = []) {
  const texts = segments.map((s, i) => (junk.includes(i) ? `not a log line ${i}\n${format(s)}` : format(s)));
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), texts.length];
  const pieces = bounds.slice(1).map((end, i) => texts.slice(bounds[i], end).join(''));
  pieces.reverse().forEach((piece, number) => {
    writeFileSync(number === 0 ? path : `${path}.${number}`, piece);
  });
}

const segmentsOf = (size: fc.Arbitrary<string>) =>
  fc
    .array(
      fc.record({
        second: fc.nat(3),
        stream: fc.constantFrom('stdout' as const, 'stderr' as const),
        partial: fc.boolean(),
        text: size,
      }),
      { maxLength: 30 },
    )
    .map((list) => {
      let now = 0;
      return list.map((s) => {
        now += s.second;
        return { ...s, second: now };
      });
    });

const optionsArb = fc.record(
  {
    tail: fc.nat(12),
    since: fc.nat(40).map((s) => time(s)),
    until: fc.nat(60).map((s) => time(s)),
    stdout: fc.boolean(),
    stderr: fc.boolean(),
  },
  { requiredKeys: ['stdout', 'stderr'] },
);

describe('readLog', () => {
  it('agrees with brute force for any log, rotation and selection', async () => {
    await fc.assert(
      fc.asyncProperty(
        segmentsOf(fc.string({ maxLength: 12 }).map((s) => s.replace(/\n/g, ' '))),
        optionsArb,
        fc.array(fc.nat(30), { maxLength: 3 }),
        fc.array(fc.nat(30), { maxLength: 3 }),
        async (segments, options, cuts, junk) => {
          rmSync(directory, { recursive: true });
          writeDirectory();
          write(
            segments,
            cuts.map((cut) => Math.min(cut, segments.length)),
            junk,
          );
          expect(await collect(options)).toEqual(naive(segments, options));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('agrees with brute force when lines and files are larger than blocks', async () => {
    const segments: Segment[] = Array.from({ length: 700 }, (_, i) => ({
      second: i,
      stream: i % 7 === 3 ? 'stderr' : 'stdout',
      partial: i % 5 !== 0,
      text: `${i}:${'x'.repeat((i * 1997) % 5000)}`,
    }));
    write(segments, [300, 520]);
    for (const tail of [1, 2, 40, 120, 1000]) {
      expect(await collect({ ...both, tail })).toEqual(naive(segments, { ...both, tail }));
    }
    expect(await collect(both)).toEqual(segments);
    const since = time(555);
    expect(await collect({ ...both, since })).toEqual(naive(segments, { ...both, since }));
  });

  it('takes a missing log for an empty one, and leaves an unfinished last line out', async () => {
    expect(await collect(both)).toEqual([]);
    writeFileSync(path, `${format({ second: 1, stream: 'stdout', partial: false, text: 'a' })}2026-01-0`);
    expect((await collect(both)).map((s) => s.text)).toEqual(['a']);
  });

  it('passes over a line no container could have written', async () => {
    writeFileSync(
      path,
      `${'z'.repeat(6 * 1024 * 1024)}\n${format({ second: 1, stream: 'stdout', partial: false, text: 'a' })}`,
    );
    expect((await collect(both)).map((s) => s.text)).toEqual(['a']);
  });
});

const writeDirectory = () => {
  directory = mkdtempSync(join(tmpdir(), 'tcompose-log-'));
  path = join(directory, 'log');
};

/** A shim's side of a log: writes, rotates and notifies. */
class Writer implements LogGrowth {
  readonly #listeners = new Set<Parameters<LogGrowth['subscribe']>[0]>();
  readonly #keep: number;
  constructor(keep: number) {
    this.#keep = keep;
  }
  subscribe(listener: Parameters<LogGrowth['subscribe']>[0]) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  line(text: string) {
    appendFileSync(path, format({ second: 1, stream: 'stdout', partial: false, text }));
  }
  rotate() {
    for (let number = this.#keep - 1; number > 0; number--) {
      try {
        renameSync(`${path}.${number}`, `${path}.${number + 1}`);
      } catch {}
    }
    renameSync(path, `${path}.1`);
    writeFileSync(path, '');
  }
  tell(what: 'grew' | 'ended') {
    for (const listener of this.#listeners) listener(what);
  }
  /** Resolves when whoever follows has what there is open. */
  async opened() {
    await Promise.all(
      [...this.#listeners].map((listener) => new Promise<void>((resolve) => listener('grew', resolve))),
    );
  }
  get followers() {
    return this.#listeners.size;
  }
}

describe('following', () => {
  it('misses nothing when rotation waits until each file is open, however few are kept', async () => {
    const writer = new Writer(1);
    writer.line('0');
    const reading = collect({ ...both, follow: writer });
    await expect.poll(() => writer.followers, { timeout: 90_000 }).toBe(1);
    for (let n = 1; n <= 300; n++) {
      await writer.opened();
      writer.rotate();
      writer.line(String(n));
    }
    writer.tell('ended');
    expect((await reading).map(({ text }) => text)).toEqual(Array.from({ length: 301 }, (_, n) => String(n)));
  });

  it('gives every line once through rotations, and ends when the log has ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('line', 'line', 'line', 'rotate', 'tell', 'pause'), { maxLength: 60 }),
        fc.nat(5),
        async (actions, before) => {
          rmSync(directory, { recursive: true });
          writeDirectory();
          const writer = new Writer(100);
          let n = 0;
          for (; n < before; n++) writer.line(String(n));
          const reading = collect({ ...both, follow: writer });
          for (const action of actions) {
            if (action === 'line') writer.line(String(n++));
            else if (action === 'rotate' && n > 0) writer.rotate();
            else if (action === 'tell') writer.tell('grew');
            else await new Promise((resolve) => setImmediate(resolve));
          }
          writer.tell('ended');
          expect((await reading).map((s) => s.text)).toEqual(Array.from({ length: n }, (_, i) => String(i)));
          expect(writer.followers).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps what is rotated away while the reader is slow', async () => {
    const writer = new Writer(2);
    writer.line('0');
    const reader = readLog(path, { ...both, follow: writer })[Symbol.asyncIterator]();
    const texts = [...logRecords((await reader.next()).value!)].map((r) => r.content.toString());
    for (let i = 1; i <= 6; i++) {
      writer.rotate();
      writer.line(String(i));
      writer.tell('grew');
      // The notification's look at the names, not the reader, is what is waited for: it opens each file, and has come to
      // its end when it opens no more.
      for (let steady = 0; steady < 3; ) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        steady = openFiles() === i + 1 ? steady + 1 : 0;
      }
    }
    writer.tell('ended');
    for (let next = await reader.next(); next.done !== true; next = await reader.next())
      texts.push(...[...logRecords(next.value)].map((r) => r.content.toString()));
    expect(texts).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  const textsOf = async (reader: AsyncIterator<LogBatch>): Promise<string[]> => {
    const texts: string[] = [];
    for (let next = await reader.next(); next.done !== true; next = await reader.next())
      texts.push(...[...logRecords(next.value)].map((r) => `${r.stream} ${r.content}`));
    return texts;
  };
  const lost = 'stderr tcompose: output was lost here: the log was rotated faster than it was read';

  it('says where output was rotated away unread', async () => {
    const writer = new Writer(2);
    writer.line('0');
    const reader = readLog(path, { ...both, follow: writer })[Symbol.asyncIterator]();
    await reader.next();
    // Nobody is told until all but the last two files are gone.
    for (let i = 1; i <= 6; i++) {
      writer.rotate();
      writer.line(String(i));
      rmSync(`${path}.3`, { force: true });
    }
    writer.tell('ended');
    expect(await textsOf(reader)).toEqual([lost, 'stdout 4', 'stdout 5', 'stdout 6']);
  });

  it('holds a bounded number of files for a reader that does not read, and says what it gave up', async () => {
    // More names than rotations can go by during one look at them.
    const writer = new Writer(20);
    writer.line('0');
    const reader = readLog(path, { ...both, follow: writer })[Symbol.asyncIterator]();
    await reader.next();
    for (let i = 1; i <= 70; i++) {
      writer.rotate();
      writer.line(String(i));
      writer.tell('grew');
      // The look at the names is over when the newest is held, and no more than may be.
      for (let names: string[] = []; !names.includes(path) || names.length !== Math.min(i + 1, 64); ) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        names = namesOpen();
      }
    }
    writer.tell('ended');
    const texts = await textsOf(reader);
    expect(texts[0]).toBe(lost);
    expect(texts.slice(1)).toEqual(Array.from({ length: 63 }, (_, at) => `stdout ${8 + at}`));
  });

  it.each([
    [{}, true],
    [{ tail: 5 }, false],
    [{ since: time(0) }, false],
    [{ notices: false }, false],
  ])('begins by saying that earlier output was dropped, when all is asked for: %j', async (more, told) => {
    writeFileSync(path, format({ second: 1, stream: 'stdout', partial: false, text: 'line' }));
    writeFileSync(`${path}.dropped`, '');
    const texts = await textsOf(readLog(path, { ...both, notices: true, ...more })[Symbol.asyncIterator]());
    expect(texts.length).toBe(told ? 2 : 1);
    if (told) expect(texts[0]).toMatch(/^stderr tcompose: earlier output was dropped/);
  });

  it('stops when told to', async () => {
    const writer = new Writer(2);
    writer.line('0');
    const stop = new AbortController();
    const reader = readLog(path, { ...both, follow: writer, signal: stop.signal })[Symbol.asyncIterator]();
    await reader.next();
    const waiting = reader.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
    expect(writer.followers).toBe(0);
  });

  it('starts a followed log at its end with tail 0', async () => {
    const writer = new Writer(2);
    writer.line('old');
    const texts: string[] = [];
    const reading = (async () => {
      for await (const batch of readLog(path, { ...both, tail: 0, follow: writer }))
        texts.push(...[...logRecords(batch)].map((r) => r.content.toString()));
    })();
    // Where the end was when the reader looked is seen by the first line it gives.
    let written = 0;
    while (texts.length === 0) {
      writer.line(String(written++));
      writer.tell('grew');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    writer.tell('ended');
    await reading;
    const first = Number(texts[0]);
    expect(texts).toEqual(Array.from({ length: written - first }, (_, i) => String(first + i)));
  });
});

describe('encodeLogBatch', () => {
  it('joins long lines, stamps each once and frames by stream', async () => {
    write(
      [
        { second: 1, stream: 'stdout', partial: true, text: 'long ' },
        { second: 1, stream: 'stderr', partial: false, text: 'problem' },
        { second: 2, stream: 'stdout', partial: false, text: 'line' },
        { second: 3, stream: 'stdout', partial: false, text: '' },
      ],
      [],
    );
    const plain: string[] = [];
    const frames: Buffer[] = [];
    for await (const batch of readLog(path, both)) {
      plain.push(encodeLogBatch(batch, { timestamps: false, multiplexed: false }).toString());
      frames.push(encodeLogBatch(batch, { timestamps: true, multiplexed: true }));
    }
    expect(plain.join('')).toBe('long problem\nline\n\n');
    const all = Buffer.concat(frames);
    const decoded: [number, string][] = [];
    for (let at = 0; at < all.length; at += 8 + all.readUInt32BE(at + 4))
      decoded.push([all.readUInt32BE(at), all.toString('utf8', at + 8, at + 8 + all.readUInt32BE(at + 4))]);
    expect(decoded).toEqual([
      [0x01000000, `${time(1)} long `],
      [0x02000000, `${time(1)} problem\n`],
      [0x01000000, 'line\n'],
      [0x01000000, `${time(3)} \n`],
    ]);
  });
});
