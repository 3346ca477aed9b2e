import { type Command, flag, type ParsedArgs } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { humanSize, parseSize } from '../arguments/sizes.ts';
import { confirmPrune } from '../render/confirm.ts';

interface Pruned {
  readonly CachesDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}

/** Flags for sizes, and their names in the API. */
const sizes = {
  'keep-storage': 'keep-storage',
  'reserved-space': 'reserved-space',
  'max-used-space': 'max-used-space',
  'min-free-space': 'min-free-space',
} as const;

const size = (name: keyof typeof sizes, summary: string) =>
  ({ name, type: 'string', value: 'SIZE', summary }) as const;

export const command: Command = {
  name: 'prune',
  summary: 'Remove results from the build cache',
  args: {
    max: 0,
    flags: [
      {
        name: 'all',
        short: 'a',
        type: 'boolean',
        summary: 'Accepted without effect: whatever no build uses is removed anyway',
      },
      {
        name: 'filter',
        type: 'strings',
        value: 'K=V',
        summary: 'Filter by until=24h (not used since), type=, id=, description=',
      },
      { name: 'force', short: 'f', type: 'boolean', summary: 'Do not ask' },
      size('keep-storage', 'Keep this much, most recently used first'),
      size('reserved-space', 'The same'),
      size('max-used-space', 'Remove what exceeds this'),
      size('min-free-space', 'Remove until this much of the disk is free'),
    ],
  },
  async run(args, ctx) {
    const query = queryOf(args);
    const client = await ctx.engine();
    const question = 'This will remove results from the build cache. Are you sure you want to continue?';
    if (!(await confirmPrune(ctx, args, 'results of builds', question))) return 0;
    const { CachesDeleted, SpaceReclaimed } = await client.transport.json<Pruned>({
      method: 'POST',
      path: '/build/prune',
      query,
    });
    if (CachesDeleted !== null && CachesDeleted.length > 0)
      ctx.write(`Deleted build cache objects:\n${CachesDeleted.join('\n')}\n\n`);
    ctx.write(`Total reclaimed space: ${humanSize(SpaceReclaimed, 4)}\n`);
    return 0;
  },
};

function queryOf(args: ParsedArgs): Readonly<Record<string, string>> {
  const filters = parseFilters(flag.list(args, 'filter'));
  const given = Object.entries(sizes).flatMap(([name, key]): [string, string][] => {
    const text = flag.str(args, name);
    return text === undefined ? [] : [[key, String(parseSize(text, `--${name}`))]];
  });
  return {
    all: '1',
    ...Object.fromEntries(given),
    ...(Object.keys(filters).length === 0 ? {} : { filters: JSON.stringify(filters) }),
  };
}
