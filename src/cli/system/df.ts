import type { DiskUsage } from '../../engine/api/system.ts';
import { type Command, flag } from '../arguments/command.ts';
import { humanSize } from '../arguments/sizes.ts';
import { formatFlag } from '../render/listing.ts';
import { formatItems, table } from '../render/table.ts';
import { detailedUsage, usageDetails } from './df-details.ts';

export const command: Command = {
  name: 'df',
  summary: 'Show how much disk is used, and for what',
  args: {
    max: 0,
    flags: [formatFlag, { name: 'verbose', short: 'v', type: 'boolean', summary: 'Each object by itself' }],
  },
  async run(args, ctx) {
    const usage = await (await ctx.engine()).system.diskUsage();
    const format = flag.str(args, 'format');
    if (flag.bool(args, 'verbose') && format === undefined) {
      ctx.write(detailedUsage(usage, Date.now()));
      return 0;
    }
    if (flag.bool(args, 'verbose') && format === 'json') {
      ctx.write(`${JSON.stringify(usageDetails(usage, Date.now()))}\n`);
      return 0;
    }
    const items = usageRows(usage);
    const asTable = () =>
      table(
        ['TYPE', 'TOTAL', 'ACTIVE', 'SIZE', 'RECLAIMABLE'],
        items.map((item) => [item.Type, item.TotalCount, item.Active, item.Size, item.Reclaimable]),
        7,
      );
    ctx.write(formatItems(format, items, asTable, { narrowest: 7 }));
    return 0;
  },
};

/** One row for each kind of object, computed like the docker CLI. Pure. */
export function usageRows(usage: DiskUsage) {
  return [imagesRow(usage), containersRow(usage), volumesRow(usage), buildCacheRow(usage)];
}

const row = (type: string, total: number, active: number, size: number, reclaimable: string) => ({
  Active: String(active),
  Reclaimable: reclaimable,
  Size: humanSize(size, 4),
  TotalCount: String(total),
  Type: type,
});

const share = (part: number, total: number): string =>
  total > 0 ? `${humanSize(part, 4)} (${Math.floor((part * 100) / total)}%)` : humanSize(part, 4);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function imagesRow({ Images, LayersSize, KeptBlobs }: DiskUsage) {
  const images = Images ?? [];
  const used = images.filter(({ Containers }) => Containers > 0);
  const own = used.map(({ Size, SharedSize }) => (Size < 0 || SharedSize < 0 ? 0 : Size - SharedSize));
  return row(
    'Images',
    images.length,
    used.length,
    LayersSize,
    share(Math.max(0, LayersSize - sum(own) - (KeptBlobs?.Active ?? 0)), LayersSize),
  );
}

function containersRow({ Containers }: DiskUsage) {
  const containers = Containers ?? [];
  const runs = ({ State }: { readonly State: string }) => /^(?:running|paused|restarting)$/.test(State);
  const sizes = (list: typeof containers) => sum(list.map(({ SizeRw = 0 }) => SizeRw));
  const total = sizes(containers);
  return row(
    'Containers',
    containers.length,
    containers.filter(runs).length,
    total,
    share(sizes(containers.filter((one) => !runs(one))), total),
  );
}

function volumesRow({ Volumes }: DiskUsage) {
  const volumes = Volumes ?? [];
  const sizes = (list: typeof volumes) => sum(list.map(({ UsageData }) => Math.max(0, UsageData?.Size ?? 0)));
  const unused = volumes.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) === 0);
  const total = sizes(volumes);
  return row(
    'Local Volumes',
    volumes.length,
    volumes.length - unused.length,
    total,
    share(sizes(unused), total),
  );
}

function buildCacheRow({ BuildCache }: DiskUsage) {
  const entries = (BuildCache ?? []) as readonly {
    readonly Size?: number;
    readonly InUse?: boolean;
    readonly Shared?: boolean;
  }[];
  const own = entries.filter(({ Shared }) => Shared !== true);
  const size = sum(own.map(({ Size = 0 }) => Size));
  const used = sum(own.filter(({ InUse }) => InUse === true).map(({ Size = 0 }) => Size));
  const active = entries.filter(({ InUse }) => InUse === true).length;
  return row('Build Cache', entries.length, active, size, humanSize(size - used, 4));
}
