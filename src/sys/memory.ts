import { setFlagsFromString } from 'node:v8';
import { declare } from './libc.ts';

/** Parameters of mallopt(3). */
const trimThreshold = -1;
const mmapThreshold = -3;
const arenaMax = -8;

/** How much of what is alive (percent) may come on top before a heap is collected again. */
const heapGrowth = 20;

/**
 * Has this process keep little memory that nothing is in: the heaps of its threads are collected when they have grown by a fifth, and large
 * pieces of other memory go back to the kernel when they are freed. Call it before anything else. A C library or V8 that does not know
 * of it keeps its ways.
 */
export function keepMemorySmall(): void {
  setFlagsFromString(`--heap-growing-percent=${heapGrowth}`);
  try {
    const mallopt = declare('int mallopt(int parameter, int value)');
    // Once set, the threshold stays: by itself it would grow with what is freed, up to 32 MiB.
    mallopt(mmapThreshold, 256 * 1024);
    mallopt(trimThreshold, 1024 * 1024);
    mallopt(arenaMax, 2);
  } catch {
    // Only glibc has it.
  }
}
