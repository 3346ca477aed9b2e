import { parseReference } from '../../image/reference.ts';
import { type Command, flag } from '../arguments/command.ts';
import { usage } from '../arguments/usage-error.ts';
import { transferImage } from './transfer-image.ts';

export const command: Command = {
  name: 'push',
  summary: 'Send an image to a registry',
  args: {
    usage: 'NAME[:TAG]',
    min: 1,
    max: 1,
    flags: [
      { name: 'all-tags', short: 'a', type: 'boolean', summary: 'All tags of the repository' },
      { name: 'disable-content-trust', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      { name: 'platform', type: 'string', value: 'OS/ARCH', summary: 'Only the image of this platform' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: "Print only the image's name" },
    ],
  },
  async run(args, ctx) {
    const [name = ''] = args.positional;
    const { tag, digest } = parseReference(name);
    const all = flag.bool(args, 'all-tags');
    const quiet = flag.bool(args, 'quiet');
    if (digest !== undefined) throw usage('cannot push a digest reference');
    if (all && tag !== undefined) throw usage("tag can't be used with --all-tags/-a");
    if (!all && !quiet && tag === undefined) ctx.write('Using default tag: latest\n');
    await transferImage(ctx, 'push', { name, all, quiet, platform: flag.str(args, 'platform') });
    return 0;
  },
};
