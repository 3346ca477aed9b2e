import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { explainForeign, loggedError } from '../../../../src/runtime/foreign/explain-foreign.ts';

const explain = (more: Partial<Parameters<typeof explainForeign>[0]>, runtime = 'crun') =>
  explainForeign(
    { call: 'create', errno: 0, words: '', log: '', ...more },
    { runtime, name: 'web', command: ['serve'] },
  );

describe('what another runtime says of a failure', () => {
  it.each([
    ['crun', 'executable file `serve` not found in $PATH: No such file or directory', 127],
    [
      'runc',
      'runc create failed: unable to start container process: exec: "serve": executable file not found in $PATH',
      127,
    ],
    ['runc', 'exec: "serve": stat serve: no such file or directory', 127],
    ['runc', 'exec: "serve": permission denied', 126],
    ['crun', 'open executable: Permission denied', 126],
  ])('is of the command: %s, %s', (runtime, words, exitCode) => {
    expect(explain({ words }, runtime)).toMatchObject({ code: 'RUNTIME_COMMAND', exitCode });
  });

  it('is told in its own words, with its name once', () => {
    expect(explain({ words: 'mount `proc`: Operation not permitted' })).toMatchObject({
      code: 'RUNTIME_FOREIGN',
      message: 'web: crun create: mount `proc`: Operation not permitted',
      exitCode: 128,
    });
    expect(explain({ words: 'runc create failed: no' }, 'runc').message).toBe('web: runc create failed: no');
  });

  it('comes from its log before its standard error', () => {
    const log = [
      '{"level":"warning","msg":"odd"}',
      '{"level":"error","msg":"first"}',
      '{"level":"error","msg":"the cause"}',
      'no JSON',
      '',
    ].join('\n');
    expect(explain({ words: 'usage: …', log }).message).toBe('web: crun create: the cause');
  });

  it('is that it hung when it was ended for that', () => {
    const error = explain({ words: 'it did not answer in time', errno: constants.errno.ETIMEDOUT });
    expect(error.message).toBe('web: crun create: it did not answer in time; it was ended');
    expect(error.hint).toContain('hangs');
  });
});

it('finds no error in a log without one', () => {
  expect(loggedError('')).toBe('');
  expect(loggedError('{"level":"info","msg":"x"}\n[1]\nnull\n{"level":"error"}\n')).toBe('');
});
