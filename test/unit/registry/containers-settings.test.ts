import { describe, expect, it } from 'vitest';
import { parseContainersSettings } from '../../../src/registry/settings/containers-settings.ts';
import { endpointsOf } from '../../../src/registry/settings/endpoints.ts';
import {
  defaultRegistrySettings,
  mergeSettings,
  parseRegistrySettings,
} from '../../../src/registry/settings/registry-settings.ts';

const parse = (text: string) => parseContainersSettings(text, 'registries.conf');

describe("podman's registries.conf", () => {
  it('has mirrors, insecure and blocked registries', () => {
    const found = parse(`# a comment
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"   # "quoted" here
location = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true
[[registry.mirror]]
location = 'second.example'

[[registry]]
location = "registry.lan:5000"
insecure = true
[[registry]]
location = "bad.example"
blocked = true
`);
    expect(found).toEqual({
      insecure: ['mirror.example:5000', 'registry.lan:5000'],
      mirrors: {
        'docker.io': [
          { url: 'https://mirror.example:5000/hub', fallback: true, plain: true },
          { url: 'https://second.example', fallback: true },
        ],
      },
      blocked: { 'bad.example': 'registries.conf' },
      ignored: [],
    });
    const [first, second, main] = endpointsOf('docker.io', mergeSettings(defaultRegistrySettings, found));
    expect(first).toMatchObject({
      host: 'mirror.example:5000',
      prefix: '/hub',
      schemes: ['https:', 'http:'],
    });
    expect(second).toMatchObject({ host: 'second.example', schemes: ['https:'], verify: true });
    expect(main).toMatchObject({ kind: 'main', host: 'registry-1.docker.io' });
  });

  it('may have another place stand for a registry: after its mirrors, and instead of itself', () => {
    const { mirrors } = parse(`[[registry]]
prefix = "quay.io"
location = "internal.example/quay"
[[registry.mirror]]
location = "near.example"
`);
    expect(mirrors).toEqual({
      'quay.io': [
        { url: 'https://near.example', fallback: true },
        { url: 'https://internal.example/quay', fallback: false },
      ],
    });
  });

  it('says what of it is not used', () => {
    expect(
      parse(`unqualified-search-registries = [
  "quay.io",
  "docker.io",
]
[[registry]]
prefix = "*.example.com"
blocked = true
[[registry]]
location = "quay.io/team"
[[registry.mirror]]
location = "nowhere.example"
`),
    ).toEqual({
      insecure: [],
      mirrors: {},
      blocked: {},
      ignored: [
        expect.stringMatching(/unqualified-search-registries is not used/),
        expect.stringMatching(/"\*\.example\.com" is not used/),
        expect.stringMatching(/"quay\.io\/team" is not used/),
      ],
    });
  });

  it.each(['', '[[', 'a = ', 'x = [', '[[registry]]\nlocation = 5', '\0\n"'])('survives %j', (text) =>
    expect(() => parse(text)).not.toThrow(),
  );

  it('counts where there is nothing of ours', () => {
    const own = parseRegistrySettings({ mirrors: { 'quay.io': ['https://own'] } }, 'engine.json');
    const merged = mergeSettings(
      own,
      parse('[[registry]]\nprefix = "quay.io"\nlocation = "other.example"\n'),
    );
    expect(merged.mirrors).toEqual({ 'quay.io': [{ url: 'https://own', fallback: true }] });
  });
});
