import { readFileSync } from 'node:fs';
import { imageArchitecture } from '../../../image/host/host-config.ts';
import type { ImageRecord, Platform } from '../../../image/index.ts';
import { formatPlatform, parsePlatform, platformRank } from '../../../image/platform.ts';
import type { Engine } from '../../context.ts';
import { notFound } from '../../http/failure.ts';
import { whyNotRun } from './interpreters.ts';

/**
 * Flags of /proc/cpuinfo that each level of amd64 adds to the one before (System V ABI, x86-64 psABI,
 * micro-architecture levels).
 */
const levels: readonly (readonly string[])[] = [
  ['cx16', 'lahf_lm', 'popcnt', 'pni', 'ssse3', 'sse4_1', 'sse4_2'],
  ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'xsave'],
  ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'],
];

/** A machine's platform with its variant, in dockerd's form: `v3` of amd64, `v8` of arm64. Pure. */
export function machinePlatform(architecture: string, cpuinfo: string): Platform {
  const plain = { os: 'linux', architecture };
  if (architecture === 'arm64') return { ...plain, variant: 'v8' };
  if (architecture !== 'amd64') return plain;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(' '));
  const first = levels.findIndex((level) => !level.every((flag) => flags.has(flag)));
  const level = (first < 0 ? levels.length : first) + 1;
  return level === 1 ? plain : { ...plain, variant: `v${level}` };
}

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
  const own: Platform = { os: 'linux', architecture: imageArchitecture(engine.machine.architecture) };
  const wanted = platform ? parsePlatform(platform, own) : undefined;
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
  const machine = formatPlatform(machinePlatform(own.architecture, readCpus()));
  return `The requested image's platform (${formatPlatform(image)}) does not match the detected host platform (${machine}) and no specific platform was requested`;
}

function readCpus(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
