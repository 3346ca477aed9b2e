import { parseReference } from '../../image/reference.ts';
import { type Command, flag } from '../arguments/command.ts';
import { usage } from '../arguments/usage-error.ts';
import { transferImage } from './transfer-image.ts';

export const command: Command = {
  name: 'pull',
  summary: 'Fetch an image from a registry',
  args: {
    usage: 'NAME[:TAG|@DIGEST]',
    min: 1,
    max: 1,
    flags: [
      { name: 'all-tags', short: 'a', type: 'boolean', summary: 'All tags of the repository' },
      { name: 'disable-content-trust', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      { name: 'platform', type: 'string', value: 'OS/ARCH', summary: 'Platform of the image to take' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: "Print only the image's name" },
    ],
  },
  async run(args, ctx) {
    const [name = ''] = args.positional;
    const { tag, digest } = parseReference(name);
    const all = flag.bool(args, 'all-tags');
    const quiet = flag.bool(args, 'quiet');
    if (all && (tag !== undefined || digest !== undefined))
      throw usage("tag can't be used with --all-tags/-a");
    if (!all && !quiet && tag === undefined && digest === undefined) ctx.write('Using default tag: latest\n');
    await transferImage(ctx, 'pull', { name, all, quiet, platform: flag.str(args, 'platform') });
    return 0;
  },
};
