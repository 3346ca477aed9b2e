import { TcomposeError } from '../../errors.ts';
import type { ImageRecord } from '../record-types.ts';
import { familiarName, familiarReference, parseReference, withDefaultTag } from '../reference.ts';
import type { RemoveOptions } from '../types.ts';

/** What the removal of an image by a name does. */
export interface RemovalPlan {
  /** Tags and digests to remove. */
  readonly untag: readonly string[];
  readonly delete: boolean;
}

const repositoryOf = (name: string): string => familiarName(parseReference(name));
const short = (id: string): string => id.slice(7, 19);

/**
 * Docker's rules for `image rm`. By one of several names: only that name is removed, and with the last tag of a
 * repository also its digests. By its last name or its id: the image is removed, unless containers were made from it;
 * with force it then loses its names and stays for them. `children` are images that were made from it.
 * @throws TcomposeError IMAGE_IN_USE naming the containers
 */
export function planRemoval(
  image: ImageRecord,
  name: string,
  options: RemoveOptions,
  children: readonly string[] = [],
): RemovalPlan {
  if (image.host)
    throw new TcomposeError('IMAGE_IN_USE', `${image.tags[0]} is built in and cannot be removed`);
  const all = [...image.tags, ...image.repoDigests];
  const reference = referenceOf(name);
  const named = all.find((one) => one === reference);
  const untag = named === undefined ? all : goingWith(image, named);
  if (untag.length < all.length) return { untag, delete: false };
  if (named === undefined && !options.force && referencesOf(image) > 1)
    throw new TcomposeError(
      'IMAGE_IN_USE',
      `conflict: unable to delete ${short(image.id)} (must be forced) - image is referenced in multiple repositories`,
      { hint: `Remove its names one by one (${image.tags.join(', ')}), or use --force.` },
    );
  refuseInUse(image, named, options);
  if (children.length > 0 && named === undefined)
    throw new TcomposeError(
      'IMAGE_IN_USE',
      `conflict: unable to delete ${short(image.id)} (cannot be forced) - image has dependent child images`,
      { hint: `Remove those first: ${children.map(short).join(', ')}.` },
    );
  return { untag: all, delete: options.usedBy(image.id).length === 0 && children.length === 0 };
}

/** A name, and with the last tag of its repository also the digests there. */
function goingWith(image: ImageRecord, named: string): string[] {
  if (!image.tags.includes(named)) return [named];
  const repository = repositoryOf(named);
  const others = image.tags.filter((tag) => tag !== named && repositoryOf(tag) === repository);
  if (others.length > 0) return [named];
  return [named, ...image.repoDigests.filter((digest) => repositoryOf(digest) === repository)];
}

/** Counts a tag and the digests of its repository as one. */
function referencesOf({ tags, repoDigests }: ImageRecord): number {
  const repositories = new Set(tags.map(repositoryOf));
  return tags.length + new Set(repoDigests.map(repositoryOf).filter((one) => !repositories.has(one))).size;
}

function refuseInUse(image: ImageRecord, named: string | undefined, options: RemoveOptions): void {
  const users = options.usedBy(image.id);
  const running = users.filter((user) => user.running);
  // A name is only taken away: the image stays as long as a container needs it.
  if (users.length === 0 || (options.force && (named !== undefined || running.length === 0))) return;
  const [first] = running.length > 0 ? running : users;
  const container = (first!.id ?? first!.name).slice(0, 12);
  const forced = running.length > 0 ? 'cannot be forced' : 'must be forced';
  const names = (running.length > 0 ? running : users).map((user) => user.name);
  throw new TcomposeError(
    'IMAGE_IN_USE',
    named === undefined
      ? `conflict: unable to delete ${short(image.id)} (${forced}) - image is being used by ${running.length > 0 ? 'running' : 'stopped'} container ${container}`
      : `conflict: unable to remove repository reference "${named}" (must force) - container ${container} is using its referenced image ${short(image.id)}`,
    { hint: `Remove ${names.length === 1 ? 'it' : 'them'} first: tcompose container rm ${names.join(' ')}` },
  );
}

/** The name in the form in which references are stored: with `latest`, and without a tag beside a digest. */
export function referenceOf(name: string): string | undefined {
  try {
    const { tag, ...rest } = withDefaultTag(parseReference(name));
    return familiarReference(rest.digest === undefined && tag !== undefined ? { ...rest, tag } : rest);
  } catch {
    return undefined;
  }
}
