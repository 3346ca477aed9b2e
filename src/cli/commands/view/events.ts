import { labels } from '../../../project/labels.ts';
import { projectFilter } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { leave } from '../../leave.ts';
import { timeRange } from '../../logs/log-flags.ts';
import { matchServices, scopeOf } from '../../project.ts';

export const command: Command = {
  name: 'events',
  summary: 'Show events of containers as they happen',
  args: {
    usage: '[SERVICE...]',
    flags: [
      { name: 'json', type: 'boolean', summary: 'One JSON object a line' },
      {
        name: 'since',
        type: 'string',
        value: 'TIME',
        summary: 'Include events since a time or a duration ago',
      },
      { name: 'until', type: 'string', value: 'TIME', summary: 'End at a time' },
    ],
  },
  async run(args, ctx) {
    const range = timeRange(args, Date.now());
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const wanted =
      args.positional.length === 0 || scope.project === undefined
        ? undefined
        : matchServices(Object.keys(scope.project.services), args.positional);
    const release = ctx.onInterrupt(() => leave(ctx));
    const stream = client.events({
      filters: { type: ['container'], ...projectFilter(scope.name) },
      ...range,
    });
    for await (const event of stream) {
      await ctx.drained();
      const attributes = event.Actor.Attributes;
      const service = attributes[labels.service] ?? '';
      if (wanted !== undefined && !wanted.has(service)) continue;
      const own = Object.fromEntries(
        Object.entries(attributes).filter(
          ([name]) => !name.startsWith('com.docker.compose.') && !name.startsWith('tcompose.'),
        ),
      );
      const time = new Date(event.time * 1000 + Math.floor((event.timeNano % 1e9) / 1e6)).toISOString();
      if (flag.bool(args, 'json'))
        ctx.write(
          `${JSON.stringify({ time, type: event.Type, service, id: event.Actor.ID, action: event.Action, attributes: own })}\n`,
        );
      else {
        const shown = Object.entries(own)
          .map(([name, value]) => `${name}=${value}`)
          .join(', ');
        ctx.write(`${time} ${event.Type} ${event.Action} ${event.Actor.ID} (${shown})\n`);
      }
    }
    release();
    return 0;
  },
};
