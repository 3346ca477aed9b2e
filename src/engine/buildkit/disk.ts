import { diskUsage } from '../../confined/disk-usage.ts';
import { listBuilds, pruneBuilds } from '../build/cache/prune.ts';
import type { Engine } from '../context.ts';
import {
  diskUsageRequestShape,
  diskUsageResponseShape,
  pruneRequestShape,
  type UsageRecord,
  usageRecordShape,
} from './messages/control.ts';
import { timestamp } from './solve/vertices.ts';
import { decode, encode, type MessageOf } from './wire/message.ts';
import { type Call, onlyRequest } from './wire/serve.ts';
import { GrpcError } from './wire/status.ts';
import { workshop } from './workshop.ts';

/** `Control.DiskUsage`: the cache of builds, and copies of what clients have sent. */
export async function tellDiskUsage(engine: Engine, call: Call): Promise<void> {
  const { filter } = decode<MessageOf<typeof diskUsageRequestShape>>(
    diskUsageRequestShape,
    await onlyRequest(call),
  );
  refuseFilters(filter);
  await call.send(encode(diskUsageResponseShape, { record: await records(engine) }));
}

/** `Control.Prune`: reports what was removed. */
export async function prune(engine: Engine, call: Call): Promise<void> {
  const request = decode<MessageOf<typeof pruneRequestShape>>(pruneRequestShape, await onlyRequest(call));
  refuseFilters(request.filter);
  const query = new URLSearchParams();
  const sizes = {
    'reserved-space': request.reservedSpace,
    'max-used-space': request.maxUsedSpace,
    'min-free-space': request.minFreeSpace,
  };
  for (const [name, size] of Object.entries(sizes)) if (size > 0) query.set(name, String(size));
  const age = request.keepDuration > 0 ? [`${Math.round(request.keepDuration / 1e9)}s`] : [];
  const before = new Map((await records(engine)).map((record) => [record.id, record]));
  const filters = new Map(age.length === 0 ? [] : [['until', age]]);
  const { CachesDeleted: gone } = await pruneBuilds(engine, query, filters);
  // Copies of contexts take no part in the order of a size-limited cache: they are removed only when everything may be.
  if (query.size === 0 && age.length === 0) await workshop(engine).kept().prune();
  const left = new Set((await records(engine)).map(({ id }) => id));
  for (const record of before.values())
    if ((gone ?? []).includes(record.id) || !left.has(record.id))
      await call.send(encode<UsageRecord>(usageRecordShape, record));
}

function refuseFilters(filter: readonly string[]): void {
  // Clients without filters send an empty one.
  const given = filter.filter((one) => one !== '');
  if (given.length > 0)
    throw new GrpcError('unimplemented', `filters of the cache are not supported: ${given.join(', ')}`);
}

async function records(engine: Engine): Promise<readonly UsageRecord[]> {
  const steps = (await listBuilds(engine)) as readonly Listed[];
  const kept = await Promise.all(
    workshop(engine)
      .kept()
      .list()
      .map(async ({ name, path, used, held }) => ({
        ...empty,
        id: name,
        inUse: held,
        size: await diskUsage(path),
        createdAt: timestamp(used),
        lastUsedAt: timestamp(used),
        description: 'copy of a build context',
        recordType: 'source.local',
      })),
  );
  return [
    ...steps.map((one) => ({
      ...empty,
      id: one.ID,
      inUse: one.InUse,
      size: one.Size,
      createdAt: timestamp(Date.parse(one.CreatedAt)),
      lastUsedAt: one.LastUsedAt === null ? undefined : timestamp(Date.parse(one.LastUsedAt)),
      usageCount: one.UsageCount,
      description: one.Description,
      recordType: one.Type,
    })),
    ...kept,
  ];
}

interface Listed {
  readonly ID: string;
  readonly Type: string;
  readonly Description: string;
  readonly InUse: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt: string | null;
  readonly UsageCount: number;
}

const empty = { mutable: false, shared: false, usageCount: 0 };
