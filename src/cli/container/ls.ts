import type { ContainerSummary } from '../../engine/api/container.ts';
import { humanDuration } from '../../human-duration.ts';
import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { humanSize } from '../arguments/sizes.ts';
import { labelsText, listingFlags, noTruncFlag, printListing, timeText } from '../render/listing.ts';
import { portsText } from './ports-text.ts';

/** A container in the fields of `ls --format` (the docker CLI's names). */
function fieldsOf(container: ContainerSummary, nowMs: number, full: boolean) {
  const command =
    full || container.Command.length <= 20 ? container.Command : `${container.Command.slice(0, 19)}…`;
  return {
    ID: full ? container.Id : container.Id.slice(0, 12),
    Image: container.Image,
    Command: `"${command}"`,
    CreatedAt: timeText(container.Created),
    RunningFor: `${humanDuration(Math.max(0, nowMs - container.Created * 1000))} ago`,
    State: container.State,
    Status: container.Status,
    Ports: portsText(container.Ports),
    Names: container.Names.map((name) => name.replace(/^\//, '')).join(','),
    Networks: Object.keys(container.NetworkSettings?.Networks ?? {}).join(','),
    Mounts: (container.Mounts ?? []).map((mount) => mount.Name ?? mount.Source).join(','),
    LocalVolumes: String((container.Mounts ?? []).filter((mount) => mount.Driver === 'local').length),
    Labels: labelsText(container.Labels),
    Size:
      container.SizeRw === undefined
        ? '0B'
        : `${humanSize(container.SizeRw)} (virtual ${humanSize(container.SizeRootFs ?? 0)})`,
  };
}

export const command: Command = {
  name: 'ls',
  summary: 'List containers',
  args: {
    max: 0,
    flags: [
      ...listingFlags('name=, status=, label=, …', 'ids'),
      { name: 'all', short: 'a', type: 'boolean', summary: 'Include containers that are not running' },
      { name: 'last', short: 'n', type: 'number', value: 'N', summary: 'The newest, running or not' },
      { name: 'latest', short: 'l', type: 'boolean', summary: 'The newest one, running or not' },
      noTruncFlag,
      { name: 'size', short: 's', type: 'boolean', summary: 'Also sizes' },
    ],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    const last = flag.bool(args, 'latest') ? 1 : (flag.num(args, 'last') ?? -1);
    const size = flag.bool(args, 'size');
    const client = await ctx.engine();
    const all = flag.bool(args, 'all') || last > 0;
    const found = await client.containers.list({ all, filters, size });
    const containers = [...found].sort((a, b) => b.Created - a.Created).slice(0, last > 0 ? last : undefined);
    const full = flag.bool(args, 'no-trunc');
    const items = containers.map((container) => fieldsOf(container, Date.now(), full));
    const columns = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'];
    printListing(ctx, args, items, {
      quiet: (item) => item.ID,
      titles: { ID: 'CONTAINER ID' },
      columns: size ? [...columns, 'SIZE'] : columns,
      row: (item) => [
        item.ID,
        item.Image,
        item.Command,
        item.RunningFor,
        item.Status,
        item.Ports,
        item.Names,
        ...(size ? [item.Size] : []),
      ],
    });
    return 0;
  },
};
