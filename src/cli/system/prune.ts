import type { ImageDeleteResponse } from '../../engine/api/image.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { type Command, flag, type ParsedArgs } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { humanSize } from '../arguments/sizes.ts';
import { usage } from '../arguments/usage-error.ts';
import { deletedText } from '../image/prune.ts';
import { confirmPrune } from '../render/confirm.ts';

export const command: Command = {
  name: 'prune',
  summary: 'Remove containers, networks, images and results of builds that nothing uses',
  args: {
    max: 0,
    flags: [
      {
        name: 'all',
        short: 'a',
        type: 'boolean',
        summary: 'All images that no container uses, not only those without a name',
      },
      { name: 'filter', type: 'strings', value: 'K=V', summary: 'Filter by label=, label!=, until=' },
      { name: 'force', short: 'f', type: 'boolean', summary: 'Do not ask' },
      { name: 'volumes', type: 'boolean', summary: 'Anonymous volumes, too' },
    ],
  },
  async run(args, ctx) {
    const filters = checkedFilters(args);
    const client = await ctx.engine();
    if (!flag.bool(args, 'force')) {
      const list = [...(await announcement(client, args))].map((line) => `  - ${line}\n`).join('');
      ctx.stderr.write(`WARNING! This will remove:\n${list}\n`);
    }
    if (!(await confirmPrune(ctx, args, 'things that nothing uses', 'Are you sure you want to continue?')))
      return 0;
    let reclaimed = 0;
    for (const { path, title, query } of stages(args, filters)) {
      const answer = await client.transport.json<Pruned>({
        method: 'POST',
        path,
        ...(Object.keys(query).length === 0 ? {} : { query: { filters: JSON.stringify(query) } }),
      });
      reclaimed += answer.SpaceReclaimed ?? 0;
      if (path === '/images/prune') ctx.write(deletedText(answer.ImagesDeleted ?? null));
      const names = answer[`${title}Deleted`] ?? [];
      const shown = title === 'Caches' ? 'build cache objects' : title;
      if (names.length > 0) ctx.write(`Deleted ${shown}:\n${names.join('\n')}\n\n`);
    }
    ctx.write(`Total reclaimed space: ${humanSize(reclaimed, 4)}\n`);
    return 0;
  },
};

type Title = 'Containers' | 'Networks' | 'Volumes' | 'Images' | 'Caches';
type Pruned = {
  readonly [K in Exclude<Title, 'Images'> as `${K}Deleted`]?: readonly string[] | null;
} & { readonly ImagesDeleted?: ImageDeleteResponse | null; readonly SpaceReclaimed?: number };

type Filters = Readonly<Record<string, readonly string[]>>;

/** Filters that all stages know: an unknown one must not remove anything at all. */
function checkedFilters(args: ParsedArgs): Filters {
  const filters = parseFilters(flag.list(args, 'filter'));
  for (const key of Object.keys(filters))
    if (!['label', 'label!', 'until'].includes(key))
      throw usage(`invalid filter '${key}'`, 'Filters are label=, label!= and until=.');
  if (filters.until !== undefined && flag.bool(args, 'volumes'))
    throw usage('the "until" filter is not supported with "--volumes"');
  return filters;
}

/** What is pruned, in the docker CLI's order: objects that use others before those that are used. */
function stages(args: ParsedArgs, filters: Filters) {
  const all: { path: string; title: Exclude<Title, 'Images'>; query: Filters }[] = [
    { path: '/containers/prune', title: 'Containers', query: filters },
    { path: '/networks/prune', title: 'Networks', query: filters },
  ];
  if (flag.bool(args, 'volumes')) all.push({ path: '/volumes/prune', title: 'Volumes', query: filters });
  const images = flag.bool(args, 'all') ? { ...filters, dangling: ['false'] } : filters;
  const { until } = filters;
  // Results of builds have no labels.
  const builds =
    filters.label === undefined && filters['label!'] === undefined
      ? [{ path: '/build/prune', title: 'Caches' as const, query: until === undefined ? {} : { until } }]
      : [];
  // The title is not used for images, whose answer has a form of its own.
  return [...all, { path: '/images/prune', title: 'Containers' as const, query: images }, ...builds];
}

/** What would be removed, counted, and with sizes as far as the engine reports them. */
async function announcement(client: EngineClient, args: ParsedArgs): Promise<readonly string[]> {
  const { Containers, Images, Volumes } = await client.system.diskUsage();
  const stopped = (Containers ?? []).filter(({ State }) => /^(?:exited|created|dead)$/.test(State));
  const size = humanSize(stopped.reduce((total, { SizeRw = 0 }) => total + SizeRw, 0));
  const all = flag.bool(args, 'all');
  const images = (Images ?? []).filter(
    (image) => image.Containers <= 0 && (all || (image.RepoTags ?? []).length === 0),
  );
  const unused = humanSize(
    images.reduce((total, image) => total + image.Size - Math.max(0, image.SharedSize), 0),
  );
  const volumes = (Volumes ?? []).filter(
    ({ UsageData, Name }) => (UsageData?.RefCount ?? 0) === 0 && /^[0-9a-f]{64}$/.test(Name),
  );
  return [
    `all stopped containers (${stopped.length}, ${size})`,
    'all networks not used by at least one container',
    ...(flag.bool(args, 'volumes')
      ? [`all anonymous volumes not used by at least one container (${volumes.length})`]
      : []),
    all
      ? `all images without at least one container associated to them (${images.length}, at least ${unused})`
      : `all dangling images (${images.length}, ${unused})`,
    'unused build cache',
  ];
}
