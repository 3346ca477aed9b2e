import { fault } from '../dockerfile/fault.ts';
import { goQuote } from '../go-quote.ts';
import type { BuildOptions } from './options.ts';
import type { Platform } from './types.ts';

/** Other names of architectures. */
const architectures: Readonly<Record<string, readonly [string, string]>> = {
  x86_64: ['amd64', ''],
  'x86-64': ['amd64', ''],
  aarch64: ['arm64', ''],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  i386: ['386', ''],
};

const knownSystems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
);
const knownArchitectures = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);

/** What a part of a platform may be. */
const component = /^[A-Za-z0-9_.-]+$/;

/**
 * @param own the machine's: an operating system alone means its processor
 * @throws TcomposeError BUILD_DOCKERFILE
 */
export function parsePlatform(text: string, own: Platform): Platform {
  const parts = text.split('/');
  const odd = parts.find((part) => !component.test(part));
  if (odd !== undefined)
    throw fault(
      `failed to parse platform ${text}: ${goQuote(odd)} is an invalid component of ${goQuote(text)}: ` +
        `platform specifier component must match ${goQuote(component.source)}: invalid argument`,
    );
  if (parts.length > 3)
    throw fault(
      `failed to parse platform ${text}: ${goQuote(text)}: cannot parse platform specifier: invalid argument`,
    );
  const lower = parts.map((part) => part.toLowerCase());
  const [first = ''] = lower;
  if (lower.length === 1) {
    if (knownSystems.has(first)) return { ...own, os: first };
    if (!knownArchitectures.has(first) && !Object.hasOwn(architectures, first))
      throw fault(
        `failed to parse platform ${text}: ${goQuote(text)}: unknown operating system or architecture: invalid argument`,
      );
  }
  const [os, name, given] =
    lower.length === 1 ? ['linux', lower[0]!, ''] : [lower[0]!, lower[1]!, lower[2] ?? ''];
  const [architecture, variant] = (Object.hasOwn(architectures, name) && architectures[name]) || [name, ''];
  return { os, architecture, variant: given === 'v8' && architecture === 'arm64' ? '' : given || variant };
}

export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter((part) => part !== '').join('/');

/** The values of the platform arguments, which a stage has to declare, before build arguments override them. */
export function platformArguments(options: BuildOptions, targetStage: string): ReadonlyMap<string, string> {
  const of = (prefix: string, platform: Platform): [string, string][] => [
    [`${prefix}PLATFORM`, platformText(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant],
  ];
  return new Map([
    ...of('BUILD', options.buildPlatform),
    ...of('TARGET', options.platform),
    ['TARGETSTAGE', targetStage],
  ]);
}
