import { streamError } from '../../engine/client/api-failure.ts';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { openArchive } from './archive-streams.ts';

export const command: Command = {
  name: 'load',
  summary: 'Load images from an archive made by save, skopeo, podman or buildx',
  args: {
    max: 0,
    flags: [
      {
        name: 'input',
        short: 'i',
        type: 'string',
        value: 'FILE',
        summary: 'Read a file, not standard input',
      },
      { name: 'platform', type: 'string', value: 'OS/ARCH', summary: 'Only images of this platform' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'No progress' },
    ],
  },
  async run(args, ctx) {
    const input = flag.str(args, 'input') ?? '-';
    if (input === '-' && ctx.stdin.isTTY === true)
      throw new TcomposeError('CLI_USAGE', 'requested load from stdin, but stdin is empty', {
        hint: 'Name a file with -i, or pipe the archive in.',
      });
    const hint = `Pack it first: tar -C ${input} -c . | tcompose image load`;
    const archive = openArchive(ctx, input, hint);
    const platform = flag.str(args, 'platform');
    const client = await ctx.engine();
    const options = { quiet: flag.bool(args, 'quiet'), ...(platform === undefined ? {} : { platform }) };
    for await (const line of client.images.load(archive, options)) {
      const failed = streamError(line);
      if (failed !== undefined) throw failed;
      const { stream } = line;
      if (stream !== undefined) ctx.write(stream);
    }
    return 0;
  },
};
