import { describe, expect, it } from 'vitest';
import type { Firewall } from '../../../../src/network/nftables/firewall.ts';
import { withWayBack } from '../../../../src/network/ports/way-back.ts';
import type { PortBinding } from '../../../../src/network/types.ts';
import { SystemCallError } from '../../../../src/sys/libc.ts';
import type { NetlinkTransport } from '../../../../src/sys/netlink-transport.ts';

const binding = (hostIp: string): PortBinding => ({
  protocol: 'tcp',
  containerPort: 80,
  hostIp,
  hostPort: 8080,
});
const publication = (address: string, address6?: string) => ({
  bindings: [binding('0.0.0.0'), binding('::')],
  address,
  address6,
});

/** RTM_NEWROUTE, RTM_NEWRULE, RTM_DELRULE by name, and the address that a rule is about. */
function sent(message: Uint8Array): string {
  const bytes = Buffer.from(message);
  const type = { 24: 'route', 32: 'add', 33: 'delete' }[bytes.readUInt16LE(4)];
  const family = bytes.readUInt8(16) === 2 ? 4 : 6;
  if (type === 'route') return `route ${family}`;
  const source = bytes.subarray(32, 32 + bytes.readUInt16LE(28) - 4);
  return `${type} ${family === 4 ? [...source].join('.') : source.toString('hex')}`;
}

function world(refuse = false) {
  const said: string[] = [];
  const route = {
    request(message: Uint8Array) {
      if (refuse) throw new SystemCallError('no', 95);
      said.push(sent(message));
    },
  } as unknown as NetlinkTransport;
  const tell = (what: string) => () => void said.push(what);
  const firewall = {
    reset: tell('reset'),
    publish: tell('publish'),
    withdraw: tell('withdraw'),
    redirect: tell('redirect'),
  } as unknown as Firewall;
  return { said, ...withWayBack(firewall, route) };
}

describe('the way back of answers', () => {
  it('is there once for a port of a container, as long as that is published', () => {
    const { said, firewall, keepsClients } = world();
    firewall.publish(publication('172.18.0.2'));
    firewall.withdraw(publication('172.18.0.2'));
    expect(keepsClients).toEqual([4, 6]);
    expect(said).toEqual([
      'route 4',
      'route 6',
      'add 172.18.0.2',
      'publish',
      'withdraw',
      'delete 172.18.0.2',
    ]);
  });

  it('goes along to the container that takes another’s place', () => {
    const { said, firewall } = world();
    firewall.publish(publication('172.18.0.2'));
    firewall.redirect(
      [binding('0.0.0.0'), binding('::')],
      { address: '172.18.0.2' },
      { address: '172.18.0.3' },
    );
    expect(said.slice(4)).toEqual(['add 172.18.0.3', 'redirect', 'delete 172.18.0.2']);
  });

  it('is there for a container’s IPv6 address, too, for what is published over IPv6', () => {
    const { said, firewall } = world();
    firewall.publish(publication('172.18.0.2', 'fd00::2'));
    expect(said.slice(2)).toEqual(['add 172.18.0.2', `add fd00${'0'.repeat(26)}02`, 'publish']);
  });

  it('is not asked for where the kernel has no such rules', () => {
    const { said, firewall, keepsClients } = world(true);
    firewall.publish(publication('172.18.0.2'));
    expect(keepsClients).toEqual([]);
    expect(said).toEqual(['publish']);
  });
});
