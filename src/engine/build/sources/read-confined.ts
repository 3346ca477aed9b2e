import { closeSync, readFileSync } from 'node:fs';
import { textOfBytes } from '../../../build/dockerfile/decode.ts';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath } from '../../../confined/names.ts';
import { TcomposeError } from '../../../errors.ts';

/** Most bytes of a Dockerfile or an ignore file. */
const longest = 4 * 1024 * 1024;

/**
 * Text of a file in a tree that others made; links are followed only inside the tree. Undefined when there is no such
 * file.
 * @throws TcomposeError BUILD_CONTEXT when it is too long
 */
export function readConfined(directory: ConfinedDirectory, name: string): string | undefined {
  const entry = directory.find(bytesOfPath(name), true);
  if (entry === undefined) return undefined;
  try {
    if (!entry.stat.isFile()) return undefined;
    if (entry.stat.size > longest)
      throw new TcomposeError('BUILD_CONTEXT', `${name} has ${entry.stat.size} bytes, more than ${longest}`);
    const fd = entry.open();
    try {
      return textOfBytes(readFileSync(fd));
    } finally {
      closeSync(fd);
    }
  } finally {
    entry.close();
  }
}
