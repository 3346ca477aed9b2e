import { describe, expect, it } from 'vitest';
import { Trace } from '../../../../src/engine/buildkit/solve/trace.ts';

describe('what is told of a build', () => {
  it('says that output was left out, once, and goes on with the rest', async () => {
    const trace = new Trace();
    const line = Buffer.alloc(1024 * 1024, 'x');
    for (let at = 0; at < 20; at++) await trace.tell({ logs: [{ vertex: 'v', stream: 1, message: line }] });
    await trace.tell({ warnings: [] });
    trace.end();
    const texts: string[] = [];
    let others = 0;
    for await (const { logs, warnings } of trace.follow(new AbortController().signal)) {
      for (const { message } of logs ?? []) texts.push((message ?? Buffer.alloc(0)).toString());
      if (warnings !== undefined) others++;
    }
    expect(texts).toHaveLength(17);
    expect(texts.at(-1)).toBe('[output clipped, log limit 16MiB reached]\n');
    expect(texts.slice(0, -1).every((text) => text.length === line.length)).toBe(true);
    expect(others).toBe(1);
  });
});
