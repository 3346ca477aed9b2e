import { imageArchitecture } from '../../../image/host/host-config.ts';
import { platformHere } from '../../../image/host/machine-platform.ts';
import type { ImageRecord, Platform } from '../../../image/index.ts';
import { formatPlatform, parsePlatform, platformRank } from '../../../image/platform.ts';
import type { Engine } from '../../context.ts';
import { notFound } from '../../http/failure.ts';
import { whyNotRun } from './interpreters.ts';

/**
 * The image that a container is made from, for the requested platform if there are several under one name. Without a
 * platform it is the machine's, or an available one, with dockerd's warning; an image that can't run here gives a
 * warning in any case. Errors: 400 for an invalid platform, 404 when the image is missing, or is for another platform
 * than the requested one.
 * @param shown the reference in messages
 */
export function imageFor(
  engine: Pick<Engine, 'images' | 'machine'>,
  {
    reference,
    shown,
    platform,
  }: { readonly reference: string; readonly shown: string; readonly platform?: string | undefined },
): { readonly image: ImageRecord; readonly warnings: readonly string[] } {
  const architecture = imageArchitecture(engine.machine.architecture);
  const own = platformHere(architecture);
  const wanted = platform ? parsePlatform(platform, { os: 'linux', architecture }) : undefined;
  const image = engine.images.get(reference, wanted);
  if (image !== undefined) {
    const meant = wanted !== undefined || platformRank(own, image) !== undefined;
    const lost = image.host ? undefined : whyNotRun(image.architecture, own.architecture);
    return {
      image,
      warnings: [...(meant ? [] : [otherPlatform(image, own)]), ...(lost === undefined ? [] : [lost])],
    };
  }
  const other = wanted && engine.images.get(reference);
  if (other === undefined || wanted === undefined) throw notFound(`No such image: ${shown}`);
  throw notFound(
    `image with reference ${reference} was found but its platform (${formatPlatform(other)}) does not match the specified platform (${formatPlatform(wanted)})`,
  );
}

function otherPlatform(image: ImageRecord, own: Platform): string {
  return `The requested image's platform (${formatPlatform(image)}) does not match the detected host platform (${formatPlatform(own)}) and no specific platform was requested`;
}
