import { TcomposeError } from '../../errors.ts';
import { normaliseTag } from '../reference.ts';
import type { ImageRecord, RemoveOptions } from '../types.ts';

/** What removing an image under a name comes to. */
interface RemovalPlan {
  readonly untag: readonly string[];
  readonly delete: boolean;
}

/**
 * Docker's rules for `image rm`. By one of several names: only that name goes. By its last name or its id: the image goes,
 * unless containers are made from it; by force it then loses its names and stays for them.
 * @throws TcomposeError IMAGE_IN_USE naming the containers
 */
export function planRemoval(image: ImageRecord, name: string, options: RemoveOptions): RemovalPlan {
  if (image.host)
    throw new TcomposeError('IMAGE_IN_USE', `${image.tags[0]} is built in and can not be removed`);
  const reference = image.tags.find((tag) => tag === referenceOf(name));
  if (reference !== undefined && image.tags.length > 1) return { untag: [reference], delete: false };
  if (reference === undefined && image.tags.length > 1 && !options.force)
    throw new TcomposeError(
      'IMAGE_IN_USE',
      `conflict: unable to delete ${short(image.id)} (must be forced) - image is referenced by ${image.tags.join(', ')}`,
      { hint: 'Remove the names one by one, or use --force.' },
    );
  const users = options.usedBy(image.id);
  const running = users.filter((user) => user.running);
  if (running.length > 0 || (users.length > 0 && !options.force)) {
    const blocking = running.length > 0 ? running : users;
    const names = blocking.map((user) => user.name).join(', ');
    throw new TcomposeError(
      'IMAGE_IN_USE',
      `conflict: unable to remove ${name} (${running.length > 0 ? 'cannot' : 'must'} be forced) - ${
        blocking.length === 1 ? 'container' : 'containers'
      } ${names} ${blocking.length === 1 ? 'is' : 'are'} using it`,
      {
        hint: `Remove ${blocking.length === 1 ? 'it' : 'them'} first: tcompose container rm ${names.replaceAll(',', '')}`,
      },
    );
  }
  return { untag: image.tags, delete: users.length === 0 };
}

function referenceOf(name: string): string | undefined {
  try {
    return normaliseTag(name);
  } catch {
    return undefined;
  }
}

const short = (id: string): string => id.slice(7, 19);
