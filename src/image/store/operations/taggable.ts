import { TcomposeError } from '../../../errors.ts';
import { hostReference } from '../../host/host-config.ts';
import { normaliseTag } from '../../reference.ts';

/** A complete reference that can be given to an image. @throws TcomposeError IMAGE_REFERENCE, IMAGE_IN_USE */
export function taggable(reference: string): string {
  if (reference.includes('@'))
    throw new TcomposeError(
      'IMAGE_REFERENCE',
      `"${reference}" has a digest, which cannot be given to an image`,
    );
  const normalised = normaliseTag(reference);
  if (normalised === hostReference)
    throw new TcomposeError(
      'IMAGE_IN_USE',
      `${hostReference} is the built-in image; its name cannot be given away`,
    );
  return normalised;
}
