import type { PlatformFacts } from '../facts.ts';
import { type Finding, missing, ok } from '../finding.ts';
import { type Ground, install } from '../ground.ts';

/** Other architectures whose programs a processor runs. */
const also: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };
/** binfmt_misc entries have qemu's names of architectures. */
const qemu: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  '386': 'i386',
  arm64: 'aarch64',
  loong64: 'loongarch64',
};

/** Emulators for programs of other processors. Only services that request another platform need them. */
export function platformFindings(
  { arch, interpreters, wanted }: PlatformFacts,
  ground: Ground,
): readonly Finding[] {
  const emulated = (other: string) => interpreters.includes(`qemu-${qemu[other] ?? other}`);
  const runs = (other: string) => other === arch || also[arch]?.includes(other) === true || emulated(other);
  const lost = wanted.filter(({ platform }) => !runs(platform.split('/')[1] ?? arch));
  if (lost.length > 0) {
    const services = lost.map(({ service, platform }) => `${service} (${platform})`).join(', ');
    return [
      missing(
        'platforms.emulators',
        `this machine is linux/${arch} and has no emulator for ${services}`,
        install(ground, 'emulators'),
      ),
    ];
  }
  const names = interpreters.filter((name) => name.startsWith('qemu-')).map((name) => name.slice(5));
  const others = names.length === 0 ? 'no emulators for other platforms' : `emulators: ${names.join(', ')}`;
  return [ok('platforms.emulators', `linux/${arch}; ${others}`)];
}
