import type { DiskUsage } from '../../engine/api/system.ts';
import { humanDuration } from '../../human-duration.ts';
import { shortId } from '../../image/reference.ts';
import { humanSize } from '../arguments/sizes.ts';
import { labelsText, timeText } from '../render/listing.ts';
import { table } from '../render/table.ts';

/** Narrowest column of the docker CLI's listings, without the space after it. */
const narrowest = 7;

/** `system df -v`: one table for each kind of object. `nowMs` is Unix time. Pure. */
export function detailedUsage(usage: DiskUsage, nowMs: number): string {
  const { Images, Containers, Volumes, BuildCache } = usageDetails(usage, nowMs);
  return [
    `Images space usage:\n\n${imageTable(Images)}`,
    `Containers space usage:\n\n${containerTable(Containers)}`,
    `Local Volumes space usage:\n\n${table(
      ['VOLUME NAME', 'LINKS', 'SIZE'],
      Volumes.map(({ Name, Links, Size }) => [Name, Links, Size]),
      narrowest,
    )}`,
    `Build cache usage: ${humanSize(cacheSize(usage), 4)}\n\n${cacheTable(BuildCache)}`,
  ].join('\n');
}

/** The same for `--format json`: the fields of each object's listing. Pure. */
export function usageDetails(usage: DiskUsage, nowMs: number) {
  const since = (seconds: number) =>
    seconds < 315_532_800 ? 'N/A' : `${humanDuration(Math.max(0, nowMs - seconds * 1000))} ago`;
  return {
    Images: (usage.Images ?? []).map((image) => imageFields(image, since)),
    Containers: (usage.Containers ?? []).map((container) => containerFields(container, since)),
    Volumes: (usage.Volumes ?? []).map(volumeFields),
    BuildCache: entriesOf(usage).map((entry) => cacheFields(entry, nowMs)),
  };
}

type Since = (seconds: number) => string;
type Details = ReturnType<typeof usageDetails>;

function imageFields(image: NonNullable<DiskUsage['Images']>[number], since: Since) {
  const name = image.RepoTags?.[0] ?? '<none>:<none>';
  const colon = name.lastIndexOf(':');
  const shared = Math.max(0, image.SharedSize);
  return {
    Containers: String(Math.max(0, image.Containers)),
    CreatedAt: timeText(image.Created),
    CreatedSince: since(image.Created),
    Digest: '',
    ID: image.Id,
    Repository: name.slice(0, colon),
    SharedSize: humanSize(shared, 4),
    Size: humanSize(image.Size),
    Tag: name.slice(colon + 1),
    UniqueSize: humanSize(image.Size - shared, 4),
    VirtualSize: humanSize(image.Size, 4),
  };
}

function imageTable(images: Details['Images']): string {
  const rows = images.map((image) => [
    image.Repository,
    image.Tag,
    shortId(image.ID),
    image.CreatedSince,
    image.Size,
    image.SharedSize,
    image.UniqueSize,
    image.Containers,
  ]);
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

function containerFields(container: NonNullable<DiskUsage['Containers']>[number], since: Since) {
  const { Command } = container;
  return {
    Command: `"${Command.length > 20 ? `${Command.slice(0, 19)}…` : Command}"`,
    CreatedAt: timeText(container.Created),
    ID: container.Id,
    Image: container.Image,
    Labels: labelsText(container.Labels),
    LocalVolumes: String((container.Mounts ?? []).filter(({ Type }) => Type === 'volume').length),
    Names: container.Names.map((name) => name.replace(/^\//, '')).join(','),
    RunningFor: since(container.Created),
    Size: humanSize(container.SizeRw ?? 0),
    State: container.State,
    Status: container.Status,
  };
}

function containerTable(containers: Details['Containers']): string {
  const rows = containers.map((one) => [
    shortId(one.ID),
    one.Image,
    one.Command,
    one.LocalVolumes,
    one.Size,
    one.RunningFor,
    one.Status,
    one.Names,
  ]);
  const head = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'LOCAL VOLUMES', 'SIZE', 'CREATED', 'STATUS', 'NAMES'];
  return table(head, rows, narrowest);
}

function volumeFields(volume: NonNullable<DiskUsage['Volumes']>[number]) {
  const { Name, Driver, Labels, Mountpoint, Scope, UsageData } = volume;
  const known = UsageData !== undefined && UsageData !== null && UsageData.Size >= 0;
  return {
    Driver,
    Labels: labelsText(Labels),
    Links: String(UsageData?.RefCount ?? 0),
    Mountpoint,
    Name,
    Scope,
    Size: known ? humanSize(UsageData.Size, 4) : 'N/A',
  };
}

interface CacheEntry {
  readonly ID?: string;
  readonly Type?: string;
  readonly Description?: string;
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

function cacheFields(entry: CacheEntry, nowMs: number) {
  const ago = (time: string | null | undefined) => {
    const at = Date.parse(time ?? '');
    return Number.isNaN(at) ? '' : `${humanDuration(Math.max(0, nowMs - at))} ago`;
  };
  return {
    CacheType: entry.Type ?? '',
    CreatedAt: entry.CreatedAt ?? '',
    CreatedSince: ago(entry.CreatedAt),
    Description: entry.Description ?? '',
    ID: entry.ID ?? '',
    InUse: String(entry.InUse === true),
    LastUsedAt: entry.LastUsedAt ?? '',
    LastUsedSince: ago(entry.LastUsedAt),
    Shared: String(entry.Shared === true),
    Size: humanSize(entry.Size ?? 0, 4),
    UsageCount: String(entry.UsageCount ?? 0),
  };
}

function cacheTable(entries: Details['BuildCache']): string {
  const rows = entries.map((one) => [
    `${one.ID.slice(0, 12)}${one.InUse === 'true' ? '*' : ''}`,
    one.CacheType,
    one.Size,
    one.CreatedSince,
    one.LastUsedSince,
    one.UsageCount,
    one.Shared,
  ]);
  const head = ['CACHE ID', 'CACHE TYPE', 'SIZE', 'CREATED', 'LAST USED', 'USAGE', 'SHARED'];
  return table(head, rows, narrowest);
}
