import { describe, expect, it } from 'vitest';
import { breaksHalfClosed } from '../../../../src/engine/client/rootless/pasta-version.ts';
import {
  brokenNotice,
  chooseLinkNetwork,
  defaultLink,
  hasDefaultRoute,
  wayOutOrder,
  wayOutWords,
} from '../../../../src/engine/process/way-out-command.ts';

const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
br0	000013AC	00000000	0001	0	0	0	0000FFFF	0	0	0
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
`;

describe('the way out of a user’s network', () => {
  it('is there when the table of routes has a default one', () => {
    expect(defaultLink(table)).toBe('eth0');
    expect(hasDefaultRoute(table.split('\n').slice(0, 2).join('\n'))).toBe(false);
    expect(hasDefaultRoute('')).toBe(false);
  });

  it('has addresses that the machine does not have', () => {
    expect(chooseLinkNetwork(['192.168.1.2'])).toEqual({ prefix: '10.0.2' });
    expect(chooseLinkNetwork(['10.0.2.15', '10.255.2.1'])).toEqual({ prefix: '100.95.2' });
  });

  it('opens no port of the machine and nothing of its loopback', () => {
    const pasta = wayOutWords('pasta', '/run/n', { prefix: '10.0.2' }).join(' ');
    expect(pasta).toBe(
      '-f -q --config-net --no-map-gw -t none -u none -T none -U none -a 10.0.2.100 -n 24 -g 10.0.2.2 -m 65520 --netns /run/n',
    );
    expect(wayOutWords('slirp4netns', '/run/n', { prefix: '10.0.2' })).toContain('--disable-host-loopback');
  });

  it.each([
    ['pasta unknown version\nCopyright Red Hat', true],
    ['', true],
    ['pasta 0.0~git20230309.7c7625d-1', true],
    ['pasta 0.0~git20240220.1e6f92b-1', true],
    ['pasta 0^20250911.g6cbcccc-1.fc42.x86_64', false],
    ['pasta 2025_09_19.623dbf6', false],
    ['pasta 2025_05_03.587980c\nCopyright 2026_01_01', true],
    ['pasta 0.0~git20261002.cba3570-1', false],
  ])('is slirp4netns rather than a pasta that breaks half-closed streams: %j', (version, breaks) => {
    expect(breaksHalfClosed(version)).toBe(breaks);
    expect(wayOutOrder(breaks)[0]).toBe(breaks ? 'slirp4netns' : 'pasta');
  });

  it('says what a program said that does not work, and what it needs', () => {
    const said = 'Failed to send 51 bytes to syslog\nFailed to open tun socket\n\n';
    expect(brokenNotice('pasta', said, false)).toMatch(/\(Failed to open tun socket\).*sudo chmod 666/);
    expect(brokenNotice('pasta', '', true)).toMatch(/\(it said nothing\)[^:]*$/);
  });
});
