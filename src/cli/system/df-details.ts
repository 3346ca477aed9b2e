import type { DiskUsage } from '../../engine/api/system.ts';
import { humanDuration } from '../../human-duration.ts';
import { shortId } from '../../image/reference.ts';
import { humanSize } from '../arguments/sizes.ts';
import { table } from '../render/table.ts';

/** Narrowest column of the docker CLI's listings, the space between left out. */
const narrowest = 7;

/** `system df -v`: a table a kind of object. `nowMs` is Unix time. Pure. */
export function detailedUsage(usage: DiskUsage, nowMs: number): string {
  const since = (seconds: number) =>
    seconds < 315_532_800 ? 'N/A' : `${humanDuration(Math.max(0, nowMs - seconds * 1000))} ago`;
  return [
    `Images space usage:\n\n${imageTable(usage, since)}`,
    `Containers space usage:\n\n${containerTable(usage, since)}`,
    `Local Volumes space usage:\n\n${volumeTable(usage)}`,
    `Build cache usage: ${humanSize(cacheSize(usage))}\n\n${cacheTable(usage, nowMs)}`,
  ].join('\n');
}

type Since = (seconds: number) => string;

function imageTable({ Images }: DiskUsage, since: Since): string {
  const rows = (Images ?? []).map((image) => {
    const name = image.RepoTags?.[0] ?? '<none>:<none>';
    const colon = name.lastIndexOf(':');
    const shared = Math.max(0, image.SharedSize);
    return [
      name.slice(0, colon),
      name.slice(colon + 1),
      shortId(image.Id),
      since(image.Created),
      humanSize(image.Size),
      humanSize(shared),
      humanSize(image.Size - shared),
      String(Math.max(0, image.Containers)),
    ];
  });
  const head = [
    'REPOSITORY',
    'TAG',
    'IMAGE ID',
    'CREATED',
    'SIZE',
    'SHARED SIZE',
    'UNIQUE SIZE',
    'CONTAINERS',
  ];
  return table(head, rows, narrowest);
}

function containerTable({ Containers }: DiskUsage, since: Since): string {
  const rows = (Containers ?? []).map((container) => [
    shortId(container.Id),
    container.Image,
    `"${container.Command.length > 20 ? `${container.Command.slice(0, 19)}…` : container.Command}"`,
    String((container.Mounts ?? []).filter(({ Type }) => Type === 'volume').length),
    humanSize(container.SizeRw ?? 0),
    since(container.Created),
    container.Status,
    container.Names.map((name) => name.replace(/^\//, '')).join(','),
  ]);
  const head = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'LOCAL VOLUMES', 'SIZE', 'CREATED', 'STATUS', 'NAMES'];
  return table(head, rows, narrowest);
}

function volumeTable({ Volumes }: DiskUsage): string {
  const rows = (Volumes ?? []).map(({ Name, UsageData }) => [
    Name,
    String(UsageData?.RefCount ?? 0),
    UsageData === undefined || UsageData === null || UsageData.Size < 0 ? 'N/A' : humanSize(UsageData.Size),
  ]);
  return table(['VOLUME NAME', 'LINKS', 'SIZE'], rows, narrowest);
}

interface CacheEntry {
  readonly ID?: string;
  readonly Type?: string;
  readonly Size?: number;
  readonly CreatedAt?: string;
  readonly LastUsedAt?: string | null;
  readonly UsageCount?: number;
  readonly InUse?: boolean;
  readonly Shared?: boolean;
}

const entriesOf = ({ BuildCache }: DiskUsage): readonly CacheEntry[] => BuildCache ?? [];

const cacheSize = (usage: DiskUsage): number =>
  entriesOf(usage).reduce((total, { Size = 0, Shared }) => (Shared === true ? total : total + Size), 0);

function cacheTable(usage: DiskUsage, nowMs: number): string {
  const ago = (time: string | null | undefined) => {
    const at = Date.parse(time ?? '');
    return Number.isNaN(at) ? '' : `${humanDuration(Math.max(0, nowMs - at))} ago`;
  };
  const rows = entriesOf(usage).map((entry) => [
    `${(entry.ID ?? '').slice(0, 12)}${entry.InUse === true ? '*' : ''}`,
    entry.Type ?? '',
    humanSize(entry.Size ?? 0),
    ago(entry.CreatedAt),
    ago(entry.LastUsedAt),
    String(entry.UsageCount ?? 0),
    String(entry.Shared === true),
  ]);
  return table(
    ['CACHE ID', 'CACHE TYPE', 'SIZE', 'CREATED', 'LAST USED', 'USAGE', 'SHARED'],
    rows,
    narrowest,
  );
}
