import { describe, expect, it } from 'vitest';
import type { Platform } from '../../../src/image/ingest-types.ts';
import {
  choosePlatform,
  formatPlatform,
  normalisePlatform,
  parsePlatform,
  platformRank,
} from '../../../src/image/platform.ts';

const own: Platform = { os: 'linux', architecture: 'amd64' };
const read = (text: string) => parsePlatform(text, own);

describe('a platform', () => {
  it.each([
    ['linux/x86_64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/arm', 'linux/arm/v7'],
    ['Linux/I386', 'linux/386'],
    ['arm64', 'linux/arm64'],
    ['linux', 'linux/amd64'],
    ['windows', 'windows/amd64'],
  ])('%s is %s', (text, expected) => expect(formatPlatform(read(text))).toBe(expected));

  it.each(['', 'a/b/c/d', 'linux/', 'li nux', 'linux/amd64;x'])('is not %j', (text) =>
    expect(() => read(text)).toThrow(/is not a platform/),
  );

  it('keeps what else is said of it', () => {
    expect(normalisePlatform({ os: 'linux', architecture: 'amd64', 'os.features': ['x'] })).toEqual({
      os: 'linux',
      architecture: 'amd64',
      'os.features': ['x'],
    });
  });
});

describe('the choice of an entry', () => {
  const order = (wanted: string, offered: readonly string[]) =>
    offered
      .map((text) => ({ text, rank: platformRank(read(wanted), read(text)) }))
      .filter(({ rank }) => rank !== undefined)
      .sort((a, b) => a.rank! - b.rank!)
      .map(({ text }) => text);

  it.each([
    ['linux/arm64', 'linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5'],
    ['linux/arm/v7', 'linux/arm/v7 linux/arm/v6 linux/arm/v5'],
    ['linux/amd64', 'linux/amd64 linux/386'],
    ['linux/amd64/v3', 'linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386'],
    ['linux/s390x', 'linux/s390x'],
  ])('for %s takes %s', (wanted, expected) => {
    const all =
      'linux/s390x linux/386 linux/amd64 linux/amd64/v2 linux/amd64/v3 linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm/v8 linux/arm64';
    expect(order(wanted, all.split(' ')).join(' ')).toBe(expected);
  });

  it('takes what has no platform last, attestations never', () => {
    const unknown = { id: 'attestation', platform: { os: 'unknown', architecture: 'unknown' } };
    const plain: { id: string; platform?: Platform } = { id: 'plain' };
    const fitting = { id: 'fitting', platform: read('linux/386') };
    expect(choosePlatform([unknown, plain, fitting], own)?.id).toBe('fitting');
    expect(choosePlatform([unknown, plain], own)?.id).toBe('plain');
    expect(choosePlatform([unknown], own)).toBeUndefined();
  });
});
