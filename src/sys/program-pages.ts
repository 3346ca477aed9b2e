import { readFile, readlink } from 'node:fs/promises';
import { declareAsync } from './libc.ts';

/** Of madvise(2): forget these pages. Those of a file that nobody changed are read from it again when they are used. */
const dontNeed = 4;

interface Range {
  readonly start: bigint;
  /** In bytes. */
  readonly length: bigint;
}

/**
 * The mappings of a program's own file that no memory of the process stands behind: its code and its constants, all as
 * they are in the file. `smaps` is the text of /proc/PID/smaps (proc_pid_smaps(5)), `program` the target of /proc/PID/exe.
 * What the dynamic linker has changed counts as the process's memory. Pure.
 */
export function unchangedRanges(smaps: string, program: string): readonly Range[] {
  const found: Range[] = [];
  let last: Range | undefined;
  for (const line of smaps.split('\n')) {
    const mapping = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ [1-9]\d* +(.*)$/.exec(line);
    if (mapping !== null) {
      const [start, end] = [BigInt(`0x${mapping[1]}`), BigInt(`0x${mapping[2]}`)];
      last = mapping[3] === program ? { start, length: end - start } : undefined;
    } else if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) last = undefined;
    else if (/^Anonymous:\s+0 kB$/.test(line) && last !== undefined) found.push(last);
  }
  return found;
}

/**
 * Takes the pages of this process's own program, which a start touches all over, out of its memory; those that it still
 * uses come back from the system's file cache, a microsecond each. Runs on threads of the worker pool. Never rejects.
 */
export async function releaseProgramPages(): Promise<void> {
  try {
    madvise ??= declareAsync('int madvise(uintptr_t address, size_t length, int advice)');
    // They stay where they are as long as the process lives.
    ranges ??= unchangedRanges(
      await readFile('/proc/self/smaps', 'latin1'),
      await readlink('/proc/self/exe'),
    );
    for (const { start, length } of ranges) await madvise(start, length, dontNeed);
  } catch {
    // Without /proc the pages stay.
  }
}

let madvise: ReturnType<typeof declareAsync> | undefined;
let ranges: readonly Range[] | undefined;
