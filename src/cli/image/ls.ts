import type { ImageSummary } from '../../engine/api/image.ts';
import { humanDuration } from '../../human-duration.ts';
import { shortId } from '../../image/reference.ts';
import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { humanSize } from '../arguments/sizes.ts';
import { listingFlags, noTruncFlag, printListing, timeText } from '../render/listing.ts';

const none = '<none>';

/**
 * The names of an image: one for each tag; with `digests`, one for each digest of the repository; a digest of a
 * repository without a tag has a line of its own, with the tag that was given with it.
 */
function namesOf(image: ImageSummary, digests: boolean): { repo: string; tag: string; digest: string }[] {
  const tags = (image.RepoTags ?? []).filter((name) => name !== `${none}:${none}`);
  const held = (image.RepoDigests ?? [])
    .filter((name) => name !== `${none}@${none}`)
    .map((name) => ({ repo: name.slice(0, name.indexOf('@')), digest: name.slice(name.indexOf('@') + 1) }));
  const tagged = tags.flatMap((reference) => {
    const colon = reference.lastIndexOf(':');
    const [repo, tag] = [reference.slice(0, colon), reference.slice(colon + 1)];
    const own = digests ? held.filter((one) => one.repo === repo) : [];
    return own.length === 0
      ? [{ repo, tag, digest: none }]
      : own.map(({ digest }) => ({ repo, tag, digest }));
  });
  const repositories = new Set(tagged.map(({ repo }) => repo));
  const untagged = held
    .filter(({ repo }) => !repositories.has(repo))
    .map(({ repo, digest }) => ({ repo, tag: image.DigestTags?.[`${repo}@${digest}`] ?? none, digest }));
  const all = [...tagged, ...untagged];
  return all.length === 0 ? [{ repo: none, tag: none, digest: none }] : all;
}

/** One line for each name; an image without a name has `<none>`. */
function fieldsOf(image: ImageSummary, nowMs: number, full: boolean, digests: boolean) {
  const size = humanSize(image.Size);
  const shared = image.SharedSize < 0 ? 'N/A' : humanSize(image.SharedSize, 4);
  return namesOf(image, digests).map(({ repo, tag, digest }) => ({
    Containers: image.Containers < 0 ? 'N/A' : String(image.Containers),
    CreatedAt: timeText(image.Created),
    // Times before 1980 mean "unknown".
    CreatedSince:
      image.Created < 315_532_800 ? 'N/A' : `${humanDuration(Math.max(0, nowMs - image.Created * 1000))} ago`,
    Digest: digest,
    ID: full ? image.Id : shortId(image.Id),
    Repository: repo,
    SharedSize: shared,
    Size: size,
    Tag: tag,
    UniqueSize: image.SharedSize < 0 ? 'N/A' : humanSize(image.Size - image.SharedSize, 4),
    VirtualSize: humanSize(image.Size, 4),
  }));
}

export const command: Command = {
  name: 'ls',
  summary: 'List images',
  args: {
    usage: '[NAME]',
    max: 1,
    flags: [
      ...listingFlags('reference=, label=, dangling=, before=, since=, until=', 'ids'),
      { name: 'digests', type: 'boolean', summary: 'Show the digests of names' },
      { name: 'all', short: 'a', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      noTruncFlag,
    ],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    const [name] = args.positional;
    if (name !== undefined) filters.reference = [...(filters.reference ?? []), name];
    const client = await ctx.engine();
    const full = flag.bool(args, 'no-trunc');
    const images = [...(await client.images.list(filters))].sort((a, b) => b.Created - a.Created);
    const digests = flag.bool(args, 'digests') || (flag.str(args, 'format') ?? '').includes('.Digest');
    const items = images.flatMap((image) => fieldsOf(image, Date.now(), full, digests));
    printListing(ctx, args, items, {
      quiet: (item) => item.ID,
      titles: { ID: 'IMAGE ID' },
      columns: [
        'REPOSITORY',
        'TAG',
        ...(flag.bool(args, 'digests') ? ['DIGEST'] : []),
        'IMAGE ID',
        'CREATED',
        'SIZE',
      ],
      row: (item) => [
        item.Repository,
        item.Tag,
        ...(flag.bool(args, 'digests') ? [item.Digest] : []),
        item.ID,
        item.CreatedSince,
        item.Size,
      ],
    });
    return 0;
  },
};
