import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  errorLine,
  humanSize,
  progressBar,
  progressLines,
} from '../../../../src/engine/images/progress-lines.ts';
import type { TransferProgress } from '../../../../src/engine/images/transfer-progress.ts';

const lines = (progress: TransferProgress) => progressLines(progress).join('');

describe('the lines of a transfer', () => {
  it.each<[TransferProgress, string]>([
    [
      { kind: 'pulling', path: 'faulty/app', reference: 'latest' },
      '{"status":"Pulling from faulty/app","id":"latest"}\r\n',
    ],
    [
      { kind: 'layer', id: '1dfaf25ecb41', state: 'queued' },
      '{"status":"Pulling fs layer","progressDetail":{},"id":"1dfaf25ecb41"}\r\n',
    ],
    [
      { kind: 'bytes', id: '1dfaf25ecb41', state: 'downloading', current: 32768, total: 1502000 },
      '{"status":"Downloading","progressDetail":{"current":32768,"total":1502000},"progress":"[=\\u003e                                                 ]  32.77kB/1.502MB","id":"1dfaf25ecb41"}\r\n',
    ],
    [
      { kind: 'bytes', id: 'a', state: 'extracting', current: 158, total: 158 },
      '{"status":"Extracting","progressDetail":{"current":158,"total":158},"progress":"[==================================================\\u003e]     158B/158B","id":"a"}\r\n',
    ],
    [
      { kind: 'retry', id: 'a', ms: 5000, why: 'network' },
      '{"status":"Retrying in 5 seconds","progressDetail":{},"id":"a"}\r\n',
    ],
    [
      { kind: 'retry', id: 'a', ms: 500, why: 'network' },
      '{"status":"Retrying in 1 second","progressDetail":{},"id":"a"}\r\n',
    ],
    [{ kind: 'warning', text: 'a < b' }, '{"status":"WARNING: a \\u003c b"}\r\n'],
    [
      { kind: 'pulled', digest: 'sha256:00', reference: 'a:1', newer: true },
      '{"status":"Digest: sha256:00"}\r\n{"status":"Status: Downloaded newer image for a:1"}\r\n',
    ],
    [
      { kind: 'pulled', digest: 'sha256:00', reference: 'a:1', newer: false },
      '{"status":"Digest: sha256:00"}\r\n{"status":"Status: Image is up to date for a:1"}\r\n',
    ],
    [{ kind: 'pushing', repository: 'r/a' }, '{"status":"The push refers to repository [r/a]"}\r\n'],
    [
      { kind: 'pushed', tag: '1', digest: 'sha256:00', size: 944 },
      '{"status":"1: digest: sha256:00 size: 944"}\r\n{"progressDetail":{},"aux":{"Tag":"1","Digest":"sha256:00","Size":944}}\r\n',
    ],
    [
      { kind: 'mounted', id: 'a', from: 'team/base' },
      '{"status":"Mounted from team/base","progressDetail":{},"id":"a"}\r\n',
    ],
  ])('are those of dockerd: %j', (progress, expected) => expect(lines(progress)).toBe(expected));

  it('end with the error, which Go reads too', () => {
    expect(errorLine('no', {})).toBe('{"errorDetail":{"message":"no"},"error":"no"}\r\n');
    const { errorDetail } = JSON.parse(errorLine('no', { code: 'REGISTRY_LIMIT', hint: 'h' }));
    expect(errorDetail).toEqual({ message: 'no', tcompose: { code: 'REGISTRY_LIMIT', hint: 'h' } });
  });
});

describe('sizes', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [32768, '32.77kB'],
    [1501836, '1.502MB'],
    [123_456_789_012, '123.5GB'],
  ])('%d is %s', (bytes, expected) => expect(humanSize(bytes)).toBe(expected));

  it('fill a bar of fifty, whatever they are', () => {
    expect(progressBar(0, 0)).toBe('');
    expect(progressBar(1024, 0)).toBe(' 1.024kB');
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 40 }), (current, total) => {
        expect(progressBar(current, total)).toMatch(/^\[=*> *\] /);
        expect(progressBar(current, total).indexOf(']')).toBe(52);
      }),
    );
  });
});
