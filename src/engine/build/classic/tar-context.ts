import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath } from '../../../confined/names.ts';
import { unpackInto } from '../../archive/unpack.ts';
import type { Engine } from '../../context.ts';

/** A build context that came as a tar, unpacked. */
export interface TarContext {
  readonly path: string;
  /** Text of a file in it; links are followed inside of it only. Undefined when it is not there. */
  read(name: string): string | undefined;
  readonly release: () => Promise<void>;
}

/** Unpacks a context. @throws ENGINE_BAD_PARAMETER for what is no archive */
export async function unpackContext(engine: Engine, body: Readable): Promise<TarContext> {
  const path = join(engine.layout.lib, 'build', 'tmp', `context-${randomBytes(6).toString('hex')}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const directory = ConfinedDirectory.at(path);
  const release = async (): Promise<void> => {
    directory.close();
    await rm(path, { recursive: true, force: true });
  };
  try {
    const root = { directory, check: () => {} };
    const warn = (message: string) => engine.log.warn(`build context: ${message}`);
    await unpackInto(root, '', body, { noOverwriteDirNonDir: false, warn });
    // What the ignore file is read by would follow it out of the context.
    const ignore = join(path, '.dockerignore');
    if (lstatSync(ignore, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(ignore);
    return { path, read: (name) => readConfined(directory, name), release };
  } catch (error) {
    await release();
    throw error;
  }
}

function readConfined(directory: ConfinedDirectory, name: string): string | undefined {
  const entry = directory.find(bytesOfPath(name), true);
  if (entry === undefined) return undefined;
  try {
    if (!entry.stat.isFile()) return undefined;
    const fd = entry.open();
    try {
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } finally {
    entry.close();
  }
}
