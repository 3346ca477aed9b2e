import { describe, expect, it } from 'vitest';
import { parseExitFile, parsePidFile } from '../../../../src/runtime/shim/exit-file.ts';

describe('pid and exit files', () => {
  const head = 'version 1\nboot b-1\n';

  it('are read', () => {
    expect(parsePidFile(`${head}pid 12\nstart-time 345\nshim-pid 11\nend 1\n`)).toEqual({
      bootId: 'b-1',
      pid: 12,
      startTime: 345n,
      shimPid: 11,
    });
    const exit = `${head}started-at 1\nfinished-at 2\ncode 3\nsignal 0\noom-killed 0\ndropped-lines 0\nend 1\n`;
    expect(parseExitFile(exit)).toMatchObject({ type: 'exited', code: 3, finishedAt: 2n });
    const failed = `${head}started-at 0\nfinished-at 2\ncode 127\nfailed-phase exec\nfailed-step -1\nfailed-errno 2\nfailed-op execve\nfailed-detail no such\nend 1\n`;
    expect(parseExitFile(failed)).toMatchObject({
      type: 'failed',
      op: 'execve',
      detail: 'no such',
      exitCode: 127,
    });
  });

  it('cut off by a power loss say nothing', () => {
    const whole = `${head}started-at 1\nfinished-at 2\ncode 3\nsignal 0\noom-killed 0\ndropped-lines 0\nend 1\n`;
    for (let size = 0; size < whole.length - 3; size++)
      expect(parseExitFile(whole.slice(0, size))).toBeUndefined();
  });
});
