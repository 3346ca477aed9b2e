import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { confirmPrune } from '../render/confirm.ts';

export const command: Command = {
  name: 'prune',
  summary: 'Remove networks that no container uses',
  args: {
    max: 0,
    flags: [
      { name: 'filter', type: 'strings', value: 'K=V', summary: 'Filter by label=, until=' },
      { name: 'force', short: 'f', type: 'boolean', summary: 'Do not ask' },
    ],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    if (!(await confirmPrune(ctx, args, 'networks', 'Remove all networks that no container uses?'))) return 0;
    const client = await ctx.engine();
    const pruned = await client.transport.json<{ readonly NetworksDeleted: readonly string[] | null }>({
      method: 'POST',
      path: '/networks/prune',
      query: Object.keys(filters).length === 0 ? {} : { filters: JSON.stringify(filters) },
    });
    const names = pruned.NetworksDeleted ?? [];
    if (names.length > 0) ctx.write(`Deleted Networks:\n${names.join('\n')}\n\n`);
    return 0;
  },
};
