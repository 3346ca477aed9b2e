import { type Command, flag } from '../arguments/command.ts';
import { logFlags, tailLines, timeRange } from '../logs/log-flags.ts';

export const command: Command = {
  name: 'logs',
  summary: 'Show the output of a container',
  args: {
    usage: 'CONTAINER',
    min: 1,
    max: 1,
    flags: [
      { name: 'details', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      logFlags.follow,
      logFlags.since,
      logFlags.tail,
      logFlags.timestamps,
      logFlags.until,
    ],
  },
  async run(args, ctx) {
    const range = timeRange(args, Date.now());
    const tail = tailLines(args);
    const client = await ctx.engine();
    const found = await client.containers.inspect(args.positional[0]!);
    const output = client.containers.logs(found.Id, {
      follow: flag.bool(args, 'follow'),
      timestamps: flag.bool(args, 'timestamps'),
      tty: found.Config.Tty === true,
      ...(tail === undefined ? {} : { tail }),
      ...range,
    });
    for await (const { stream, bytes } of output) {
      const target = stream === 'stderr' ? ctx.stderr : ctx.stdout;
      // The log is read no faster than our output is taken.
      if (!target.write(bytes)) await new Promise((resolve) => target.once('drain', resolve));
    }
    return 0;
  },
};
