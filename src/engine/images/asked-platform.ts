import { imageArchitecture } from '../../image/host/host-config.ts';
import { platformHere } from '../../image/host/machine-platform.ts';
import type { Platform } from '../../image/index.ts';
import { parsePlatform } from '../../image/platform.ts';
import { whyNotRun } from '../containers/spec/interpreters.ts';
import { type Shape, shaped } from '../http/body-shape.ts';
import { badParameter } from '../http/failure.ts';

/** The platform of this machine without its variant, as one is completed or shown. */
export const ownPlatform: Platform = { os: 'linux', architecture: imageArchitecture(process.arch) };

/** The platform that images are fetched for when nobody asks for one: dockerd, too, takes the best that the machine runs. */
export const bestPlatform = (): Platform => platformHere(ownPlatform.architecture);

/** Whether this machine runs programs of an architecture, natively or with an interpreter. */
export const runsHere = (architecture: string): boolean =>
  whyNotRun(architecture, ownPlatform.architecture) === undefined;

interface PlatformObject {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
}

const platformShape: Shape = { fields: { os: 'word', architecture: 'word', variant: 'word' } };

/**
 * The platform in a query: `linux/arm64`, or JSON as newer clients send it; undefined if none is requested.
 * @throws TcomposeError ENGINE_BAD_PARAMETER, IMAGE_PLATFORM
 */
export function askedPlatform(text: string | null): Platform | undefined {
  if (!text) return undefined;
  if (!text.startsWith('{')) return parsePlatform(text, ownPlatform);
  const { os, architecture, variant } = shaped<PlatformObject>(parsed(text), platformShape);
  return parsePlatform(
    [os ?? 'linux', architecture ?? ownPlatform.architecture, ...(variant ? [variant] : [])].join('/'),
    ownPlatform,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badParameter(`the platform is not JSON: ${text}`);
  }
}
