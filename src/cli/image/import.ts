import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { TcomposeError } from '../../errors.ts';
import { splitReference } from '../../image/reference.ts';
import { type Command, flag } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';

export const command: Command = {
  name: 'import',
  summary: 'Make an image of a root file system in a tar archive',
  args: {
    usage: 'FILE|- [NAME[:TAG]]',
    min: 1,
    max: 2,
    flags: [
      {
        name: 'change',
        short: 'c',
        type: 'strings',
        value: 'INSTRUCTION',
        summary: 'Dockerfile instruction for its configuration (CMD, ENV, …)',
      },
      { name: 'message', short: 'm', type: 'string', value: 'TEXT', summary: 'Message for its history' },
    ],
  },
  async run(args, ctx) {
    const [source = '', name] = args.positional;
    const named = name === undefined ? undefined : splitReference(name);
    const tar = openArchive(ctx, source);
    const message = flag.str(args, 'message') ?? `Imported from ${source}`;
    const client = await ctx.engine();
    let id = '';
    const changes = flag.list(args, 'change');
    for await (const progress of client.images.importTar(tar, { ...named, message, changes })) {
      if (progress.error !== undefined) throw new TcomposeError('ENGINE_API', progress.error);
      id = progress.status ?? id;
    }
    ctx.write(`${id}\n`);
    return 0;
  },
};

/** The archive as a stream; found out to be none before anything is sent. */
function openArchive(ctx: CliContext, source: string): Readable {
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
        hint: `Pack it first: tar -C ${source} -c . | tcompose image import - NAME`,
      });
  } catch (error) {
    if (error instanceof TcomposeError) throw error;
    throw new TcomposeError('IMAGE_ARCHIVE', `${source} can not be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}
