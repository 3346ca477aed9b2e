import { streamError } from '../../engine/client/api-failure.ts';
import { splitReference } from '../../image/reference.ts';
import { type Command, flag } from '../arguments/command.ts';
import { openArchive } from './archive-streams.ts';

export const command: Command = {
  name: 'import',
  summary: 'Create an image from a root file system in a tar archive',
  args: {
    usage: 'FILE|URL|- [NAME[:TAG]]',
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
      { name: 'platform', type: 'string', value: 'OS/ARCH', summary: 'Platform the image is for' },
    ],
  },
  async run(args, ctx) {
    const [source = '', name] = args.positional;
    const named = name === undefined ? undefined : splitReference(name);
    const hint = `Pack it first: tar -C ${source} -c . | tcompose image import - NAME`;
    // The engine downloads an address itself.
    const tar = /^https?:\/\//.test(source) ? source : openArchive(ctx, source, hint);
    const platform = flag.str(args, 'platform');
    const message = flag.str(args, 'message') ?? `Imported from ${source}`;
    const client = await ctx.engine();
    let id = '';
    const changes = flag.list(args, 'change');
    for await (const progress of client.images.importTar(tar, {
      ...named,
      message,
      changes,
      ...(platform === undefined ? {} : { platform }),
    })) {
      const failed = streamError(progress);
      if (failed !== undefined) throw failed;
      id = progress.status ?? id;
    }
    ctx.write(`${id}\n`);
    return 0;
  },
};
