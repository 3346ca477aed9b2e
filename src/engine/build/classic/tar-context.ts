import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { unpackInto } from '../../archive/unpack.ts';
import type { Engine } from '../../context.ts';
import { buildShop } from '../shop.ts';

/** A build context that arrived as a tar, unpacked. */
export interface TarContext {
  readonly path: string;
  readonly release: () => Promise<void>;
}

/** Unpacks a context. @throws ENGINE_BAD_PARAMETER for what is not an archive */
export async function unpackContext(engine: Engine, body: Readable): Promise<TarContext> {
  // Opening the store clears its temporary directory, so it has to come first.
  await buildShop(engine);
  const path = join(engine.layout.lib, 'build', 'tmp', `context-${randomBytes(6).toString('hex')}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const directory = ConfinedDirectory.at(path);
  const release = async (): Promise<void> => {
    directory.close();
    await rm(path, { recursive: true, force: true });
  };
  try {
    const root = { directory, readOnly: new Map() };
    const warn = (message: string) => engine.log.warn(`build context: ${message}`);
    await unpackInto(engine.jobs, root, '', body, { noOverwriteDirNonDir: false, warn });
    return { path, release };
  } catch (error) {
    await release();
    throw error;
  }
}
