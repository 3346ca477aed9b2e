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
const publication = (address: string) => ({ bindings: [binding('0.0.0.0'), binding('::')], address });

/** RTM_NEWROUTE, RTM_NEWRULE, RTM_DELRULE by name, and the address that a rule is about. */
function sent(message: Uint8Array): string {
  const bytes = Buffer.from(message);
  const type = { 24: 'route', 32: 'add', 33: 'delete' }[bytes.readUInt16LE(4)];
  return type === 'route' ? 'route' : `${type} ${[...bytes.subarray(32, 36)].join('.')}`;
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
    expect(keepsClients).toBe(true);
    expect(said).toEqual(['route', 'add 172.18.0.2', 'publish', 'withdraw', 'delete 172.18.0.2']);
  });

  it('goes along to the container that takes another’s place', () => {
    const { said, firewall } = world();
    firewall.publish(publication('172.18.0.2'));
    firewall.redirect([binding('0.0.0.0'), binding('::')], '172.18.0.2', '172.18.0.3');
    expect(said.slice(3)).toEqual(['add 172.18.0.3', 'redirect', 'delete 172.18.0.2']);
  });

  it('is not asked for where the kernel has no such rules', () => {
    const { said, firewall, keepsClients } = world(true);
    firewall.publish(publication('172.18.0.2'));
    expect(keepsClients).toBe(false);
    expect(said).toEqual(['publish']);
  });
});
