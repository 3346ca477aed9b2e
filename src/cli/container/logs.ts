import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../command.ts';
import { timeValue } from '../logs/time-values.ts';

export const command: Command = {
  name: 'logs',
  summary: 'Show what a container printed',
  args: {
    usage: 'CONTAINER',
    min: 1,
    max: 1,
    flags: [
      { name: 'details', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      { name: 'follow', short: 'f', type: 'boolean', summary: 'Go on with what comes' },
      { name: 'since', type: 'string', value: 'TIME', summary: 'From a time or a duration ago (42m)' },
      { name: 'tail', short: 'n', type: 'string', value: 'N', summary: 'Only the last lines' },
      { name: 'timestamps', short: 't', type: 'boolean', summary: 'Show the time of each line' },
      { name: 'until', type: 'string', value: 'TIME', summary: 'Up to a time or a duration ago' },
    ],
  },
  async run(args, ctx) {
    const now = Date.now();
    const since = timeValue(flag.str(args, 'since'), now, '--since');
    const until = timeValue(flag.str(args, 'until'), now, '--until');
    const tail = flag.str(args, 'tail') ?? 'all';
    if (tail !== 'all' && !/^-?\d+$/.test(tail))
      throw new TcomposeError('CLI_USAGE', `--tail takes a number or "all"; got "${tail}"`);
    const client = await ctx.engine();
    const found = await client.containers.inspect(args.positional[0]!);
    const output = client.containers.logs(found.Id, {
      follow: flag.bool(args, 'follow'),
      timestamps: flag.bool(args, 'timestamps'),
      tty: found.Config.Tty === true,
      ...(tail === 'all' || Number(tail) < 0 ? {} : { tail: Number(tail) }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    });
    for await (const { stream, bytes } of output) {
      const target = stream === 'stderr' ? ctx.stderr : ctx.stdout;
      // The log is read no faster than it is taken from us.
      if (!target.write(bytes)) await new Promise((resolve) => target.once('drain', resolve));
    }
    return 0;
  },
};
