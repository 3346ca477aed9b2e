import { describe, expect, it } from 'vitest';
import { forwardOps } from '../../../../src/network/ports/forward.ts';
import type { PortBinding } from '../../../../src/network/types.ts';

const binding = (hostIp: string, protocol: 'tcp' | 'udp' = 'tcp'): PortBinding => ({
  protocol,
  containerPort: 80,
  hostIp,
  hostPort: 8080,
});
const both = [binding('0.0.0.0'), binding('::')];
const shown = (...[lead, keeps]: [Parameters<typeof forwardOps>[1], (4 | 6)[]]) =>
  forwardOps(both, lead, keeps).map(({ socket, address, keepClient }) => [socket, address, keepClient]);
const [socket4, socket6] = shown({ address: '172.18.0.2' }, []).map(([socket]) => socket);

describe('what a published port leads to', () => {
  it('is the container’s IPv4 address for all, and its IPv6 one for clients of IPv6 that it is to see', () => {
    expect(shown({ address: '172.18.0.2', address6: 'fd00::2' }, [4, 6])).toEqual([
      [socket4, '172.18.0.2', true],
      [socket6, '172.18.0.2', true],
      [socket6, 'fd00::2', true],
    ]);
  });

  it('is the same for datagrams', () => {
    const lead = { address: '172.18.0.2', address6: 'fd00::2' };
    expect(forwardOps([binding('::', 'udp')], lead, [4, 6]).map(({ address }) => address)).toEqual([
      '172.18.0.2',
      'fd00::2',
    ]);
  });

  it('is its IPv4 address alone where it has no other, or the kernel leads no answers of IPv6 back', () => {
    for (const [lead, keeps] of [
      [{ address: '172.18.0.2' }, [4, 6]],
      [{ address: '172.18.0.2', address6: 'fd00::2' }, [4]],
    ] as const)
      expect(shown(lead, [...keeps])).toEqual([
        [socket4, '172.18.0.2', true],
        [socket6, '172.18.0.2', true],
      ]);
  });
});
