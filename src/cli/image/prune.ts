import type { ImageDeleteResponse } from '../../engine/api/image.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { isBuiltIn } from '../../project/images/missing-image.ts';
import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { humanSize } from '../arguments/sizes.ts';
import { confirmPrune } from '../render/confirm.ts';

export const command: Command = {
  name: 'prune',
  summary: 'Remove images that nothing uses',
  args: {
    max: 0,
    flags: [
      {
        name: 'all',
        short: 'a',
        type: 'boolean',
        summary: 'Remove all images that no container uses, not only those without a name',
      },
      { name: 'filter', type: 'strings', value: 'K=V', summary: 'Filter by label=, label!=, until=' },
      { name: 'force', short: 'f', type: 'boolean', summary: 'Do not ask' },
    ],
  },
  async run(args, ctx) {
    const all = flag.bool(args, 'all');
    const filters = parseFilters(flag.list(args, 'filter'));
    if (all) filters.dangling = ['false'];
    const client = await ctx.engine();
    if (!flag.bool(args, 'force')) await listCandidates(ctx.stderr, client, all);
    const question = all
      ? 'Remove all images without at least one container associated to them?'
      : 'Remove all dangling images?';
    if (!(await confirmPrune(ctx, args, 'images', question))) return 0;
    const { ImagesDeleted, SpaceReclaimed } = await client.images.prune(filters);
    ctx.write(deletedText(ImagesDeleted));
    ctx.write(`Total reclaimed space: ${humanSize(SpaceReclaimed, 4)}\n`);
    return 0;
  },
};

/** The block about removed images in the docker CLI's format. */
export function deletedText(deleted: ImageDeleteResponse | null): string {
  if (deleted === null || deleted.length === 0) return '';
  const lines = deleted.map((one) =>
    'Untagged' in one ? `untagged: ${one.Untagged}` : `deleted: ${one.Deleted}`,
  );
  return `Deleted Images:\n${lines.join('\n')}\n\n`;
}

/** Lists what may be removed, with sizes, before asking; the engine applies the filters. */
async function listCandidates(to: NodeJS.WritableStream, client: EngineClient, all: boolean): Promise<void> {
  const [images, containers] = await Promise.all([
    client.images.list(all ? {} : { dangling: ['true'] }),
    client.containers.list({ all: true }),
  ]);
  const used = new Set(containers.map(({ ImageID }) => ImageID));
  // The built-in image is never removed.
  for (const { Id, RepoTags, Size } of images)
    if (!used.has(Id) && !(RepoTags ?? []).some(isBuiltIn))
      to.write(`${RepoTags?.[0] ?? Id}  ${humanSize(Size)}\n`);
}
