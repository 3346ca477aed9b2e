import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TcomposeError } from '../../errors.ts';
import type { CliContext } from '../context.ts';

/** Bytes read from a file at a time. */
const chunk = 256 * 1024;

/**
 * An archive as a stream: from a file, or with `-` from standard input. A missing archive is detected before anything
 * is sent.
 * @throws TcomposeError IMAGE_ARCHIVE, CLI_USAGE for a terminal
 */
export function openArchive(ctx: CliContext, source: string, forDirectory: string): Readable {
  if (source === '-') {
    if (ctx.stdin.isTTY === true)
      throw new TcomposeError('CLI_USAGE', 'standard input is a terminal, not an archive', {
        hint: 'Give a file, or pipe the archive in.',
      });
    return ctx.stdin;
  }
  const path = resolve(ctx.cwd, source);
  try {
    if (statSync(path).isDirectory())
      throw new TcomposeError('IMAGE_ARCHIVE', `${source} is a directory, not an archive`, {
        hint: forDirectory,
      });
  } catch (error) {
    if (error instanceof TcomposeError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`;
    throw new TcomposeError('IMAGE_ARCHIVE', `${source} ${why}`, { cause: error });
  }
  return createReadStream(path, { highWaterMark: chunk });
}

/**
 * Checks where an archive is to be written before it is requested.
 * @param output a file, or undefined for standard output
 * @throws TcomposeError CLI_USAGE for a terminal, for a directory, and for a missing one
 */
export async function checkOutput(ctx: CliContext, output: string | undefined, what: string): Promise<void> {
  if (output === undefined || output === '-') {
    if (ctx.stdout.isTTY !== true) return;
    throw new TcomposeError(
      'CLI_USAGE',
      `cowardly refusing to ${what} to a terminal. Use the -o flag or redirect`,
      { hint: `For example: -o image.tar` },
    );
  }
  const path = resolve(ctx.cwd, output);
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true)
    throw new TcomposeError('CLI_USAGE', `${output} is a directory`, { hint: 'Name a file.' });
  const above = await stat(resolve(path, '..')).catch(() => undefined);
  if (above?.isDirectory() !== true)
    throw new TcomposeError('CLI_USAGE', `${output} cannot be written: its directory does not exist`);
}

/** Writes an archive to a place that `checkOutput` has accepted. A file appears only when it is complete, or not at all. */
export async function writeArchive(
  ctx: CliContext,
  archive: Readable,
  output: string | undefined,
): Promise<void> {
  if (output === undefined || output === '-') {
    await pipeline(archive, ctx.stdout, { end: false });
    return;
  }
  const path = resolve(ctx.cwd, output);
  const there = await stat(path).catch(() => undefined);
  // Devices and pipes are written to directly.
  const whole = there === undefined || there.isFile();
  const target = whole ? `${path}.${randomBytes(6).toString('hex')}.part` : path;
  const gone = new AbortController();
  const release = ctx.onInterrupt(() => gone.abort());
  try {
    await pipeline(archive, createWriteStream(target, whole ? { flags: 'wx', mode: 0o600 } : {}), {
      signal: gone.signal,
    });
    if (whole) await rename(target, path);
  } catch (error) {
    if (whole) await rm(target, { force: true });
    if (gone.signal.aborted) throw new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    throw new TcomposeError('CLI_USAGE', `${output} could not be written: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    release();
  }
}
