import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { humanSize } from '../arguments/sizes.ts';
import { confirmPrune } from '../render/confirm.ts';

interface Pruned {
  readonly VolumesDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}

export const command: Command = {
  name: 'prune',
  summary: 'Remove volumes that no container uses',
  args: {
    max: 0,
    flags: [
      {
        name: 'all',
        short: 'a',
        type: 'boolean',
        summary: 'Include named volumes, not only anonymous ones',
      },
      { name: 'filter', type: 'strings', value: 'K=V', summary: 'Filter by label=' },
      { name: 'force', short: 'f', type: 'boolean', summary: 'Do not ask' },
    ],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    if (flag.bool(args, 'all')) filters.all = ['true'];
    const which = flag.bool(args, 'all') ? 'all' : 'all anonymous';
    const question = `Remove ${which} volumes that no container uses?`;
    if (!(await confirmPrune(ctx, args, 'volumes', question))) return 0;
    const client = await ctx.engine();
    const query = Object.keys(filters).length === 0 ? {} : { filters: JSON.stringify(filters) };
    const pruned = await client.transport.json<Pruned>({ method: 'POST', path: '/volumes/prune', query });
    const names = pruned.VolumesDeleted ?? [];
    if (names.length > 0) ctx.write(`Deleted Volumes:\n${names.join('\n')}\n\n`);
    ctx.write(`Total reclaimed space: ${humanSize(pruned.SpaceReclaimed, 4)}\n`);
    return 0;
  },
};
