import { TcomposeError } from '../errors.ts';
import type { Platform } from './ingest-types.ts';

/** Other names of architectures, and the variants that they imply (containerd's platforms package). */
const otherNames: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
  ['i386', ['386']],
  ['i486', ['386']],
  ['i586', ['386']],
  ['i686', ['386']],
]);
/** Default variants, by architecture. */
const plainVariant: Readonly<Record<string, string>> = { arm64: 'v8', amd64: 'v1' };
const oldestArm = 5;

/** One spelling for each platform: `linux/x86_64` is `linux/amd64`, `linux/arm` is `linux/arm/v7`. Pure. */
export function normalisePlatform(platform: Platform): Platform {
  const name = platform.architecture.toLowerCase();
  const [architecture, implied] = otherNames.get(name) ?? [name];
  const given = platform.variant?.toLowerCase() || implied || (architecture === 'arm' ? 'v7' : '');
  const variant = /^\d/.test(given) ? `v${given}` : given;
  const shown = variant === '' || variant === plainVariant[architecture] ? {} : { variant };
  const { variant: _, ...rest } = platform;
  return { ...rest, os: platform.os.toLowerCase(), architecture, ...shown };
}

/** `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined || variant === ''
    ? `${os}/${architecture}`
    : `${os}/${architecture}/${variant}`;
}

/**
 * Reads `os/architecture[/variant]`, `os` or `architecture`; what is missing is taken from `own`.
 * @throws TcomposeError IMAGE_PLATFORM
 */
export function parsePlatform(text: string, own: Platform): Platform {
  const parts = text.split('/');
  if (parts.length > 3 || !parts.every((part) => /^[A-Za-z0-9_.-]+$/.test(part)))
    throw new TcomposeError('IMAGE_PLATFORM', `"${text}" is not a platform`, {
      hint: 'A platform looks like linux/amd64 or linux/arm/v7.',
    });
  const [first = '', second, variant] = parts;
  if (second !== undefined)
    return normalisePlatform({
      os: first,
      architecture: second,
      ...(variant === undefined ? {} : { variant }),
    });
  if (systems.includes(first.toLowerCase())) return normalisePlatform({ ...own, os: first });
  return normalisePlatform({ os: own.os, architecture: first });
}

const systems = ['linux', 'windows', 'darwin', 'freebsd'];

/** What can run on `wanted`, best first: an arm64 machine takes images for arm, an amd64 machine those for 386. */
function accepted(wanted: Platform): Platform[] {
  const { os, architecture, variant } = normalisePlatform(wanted);
  const of = (name: string, variants: readonly (string | undefined)[]): Platform[] =>
    variants.map((one) =>
      normalisePlatform({ os, architecture: name, ...(one === undefined ? {} : { variant: one }) }),
    );
  const down = (from: number, to: number) =>
    Array.from({ length: Math.max(0, from - to + 1) }, (_, index) => `v${from - index}`);
  const number = Number(/^v(\d+)/.exec(variant ?? '')?.[1] ?? Number.NaN);
  if (architecture === 'amd64') return [...of('amd64', down(number || 1, 1)), ...of('386', [undefined])];
  if (architecture === 'arm64') {
    const newer = variant === undefined ? [] : of('arm64', [variant]);
    return [...newer, ...of('arm64', [undefined]), ...of('arm', down(8, oldestArm))];
  }
  if (architecture === 'arm') return of('arm', down(number || 7, oldestArm));
  return of(architecture, [variant]);
}

/** How well `offered` suits `wanted`: 0 is best, undefined not at all. Pure. */
export function platformRank(wanted: Platform, offered: Platform): number | undefined {
  const text = formatPlatform(normalisePlatform(offered));
  const rank = accepted(wanted).findIndex((one) => formatPlatform(one) === text);
  return rank < 0 ? undefined : rank;
}

/**
 * The entry that suits best, the first among equals; an entry without a platform suits any, but comes last. Entries
 * that are not images (attestations: platform unknown/unknown) suit nothing. Pure.
 */
export function choosePlatform<T extends { readonly platform?: Platform }>(
  entries: readonly T[],
  wanted: Platform,
): T | undefined {
  let best: { readonly entry: T; readonly rank: number } | undefined;
  for (const entry of entries) {
    const rank =
      entry.platform === undefined ? Number.MAX_SAFE_INTEGER : platformRank(wanted, entry.platform);
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { entry, rank };
  }
  return best?.entry;
}

/** The error that an image is here, but not for the platform that was asked for. */
export function otherPlatform(name: string, found: Platform, asked: Platform): TcomposeError {
  return new TcomposeError(
    'IMAGE_NOT_FOUND',
    `image with reference ${name} was found but its platform (${formatPlatform(found)}) does not match the specified platform (${formatPlatform(asked)})`,
    { hint: 'Fetch it for that platform: `tcompose image pull --platform`.' },
  );
}
