import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { declare } from '../../../src/sys/libc.ts';
import { trimMemory } from '../../../src/sys/malloc-trim.ts';

const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header
  .glibcVersionRuntime;
if (glibc === undefined) console.warn('skipped: trimming: this libc has no malloc_trim');

const anonymous = (): number =>
  Number(/Anonymous:\s+(\d+) kB/.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]);

describe.skipIf(glibc === undefined)('trimming', () => {
  it('gives back what was freed in the midst of the heap', async () => {
    const malloc = declare('uintptr_t malloc(size_t size)');
    const fill = declare('uintptr_t memset(uintptr_t at, int byte, size_t size)');
    const free = declare('void free(uintptr_t at)');
    const size = 64 * 1024;
    const pieces = Array.from({ length: 1001 }, () => fill(malloc(size), 1, size));
    // The last piece keeps the end of the heap where it is, which free(3) would move back by itself.
    for (const piece of pieces.slice(0, -1)) free(piece);
    const before = anonymous();
    await trimMemory();
    expect(before - anonymous()).toBeGreaterThan(40 * 1024);
    free(pieces.at(-1) ?? 0);
  });
});
