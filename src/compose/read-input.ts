import { constants, readFileSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** Most bytes of a file that is named in a compose file or on the command line: far more than any hand-written file has. */
export const largestInput = 64 * 1024 * 1024;

export interface Patience {
  /** Milliseconds for which a pipe may deliver nothing. */
  readonly pipe: number;
}

/**
 * The bytes of a file that a user or a compose file names. Refuses what could fill the memory, never end, or have
 * effects when opened: files above `largestInput`, pipes that nobody writes to, devices (a watchdog starts when it is
 * opened) except terminals and /dev/null.
 * @throws Error with a reason that completes "… can't be read: "
 */
export async function readInput(path: string, patience: Patience = { pipe: 10_000 }): Promise<Uint8Array> {
  // Synchronously: a thread, and the module of promises, take longer to start than the file to read.
  const about = statSync(path);
  if (about.isFile() && about.size > 0) {
    if (about.size > largestInput) throw tooLarge();
    return readFileSync(path);
  }
  if (about.isBlockDevice() || about.isSocket() || (about.isCharacterDevice() && !harmless(about.rdev)))
    throw new Error(about.isSocket() ? 'it is a socket' : 'it is a device');
  // An open that may block is done in a thread that can't be interrupted; the same is true for reading the kernel's
  // files.
  const file = await process
    .getBuiltinModule('node:fs/promises')
    .open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await readToEnd(file, about.isFIFO(), patience);
  } finally {
    await file.close();
  }
}

/** Everything in a stream. @throws Error when it exceeds `largestInput` */
export async function readStream(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > largestInput) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const tooLarge = () => new Error(`it is larger than ${largestInput / 1024 / 1024} MiB`);

/** /dev/null and terminals, by their numbers. */
function harmless(device: number): boolean {
  const major = (device >> 8) & 0xfff;
  return device === 0x103 || major === 4 || major === 5 || (major >= 136 && major <= 143);
}

/** Reads without blocking in a call; the end of a pipe counts only after its first byte, because its writer may come later. */
async function readToEnd(file: FileHandle, pipe: boolean, patience: Patience): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let waited = 0; ; ) {
    const part = Buffer.alloc(64 * 1024);
    const count = await file.read(part, 0, part.length, null).then(
      ({ bytesRead }) => bytesRead,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EAGAIN') throw error;
        return undefined;
      },
    );
    if (count === 0 && !(pipe && size === 0)) return Buffer.concat(parts);
    if (count) {
      size += count;
      if (size > largestInput) throw tooLarge();
      parts.push(part.subarray(0, count));
      waited = 0;
    } else {
      if (waited >= patience.pipe) throw new Error('nothing writes to it');
      await new Promise((resolve) => setTimeout(resolve, 5));
      waited += 5;
    }
  }
}
