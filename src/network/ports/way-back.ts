import { constants } from 'node:os';
import { SystemCallError } from '../../sys/libc.ts';
import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { parseAddress } from '../ipam/address.ts';
import { type AnsweringPort, addLocalRoute, answerRule } from '../netlink/way-back-rules.ts';
import type { Firewall, PortLead, Publication } from '../nftables/firewall.ts';
import type { PortBinding } from '../types.ts';

const { EEXIST, ENOENT } = constants.errno;

/** Whether a forwarder may connect with its client's own address, because the answers return to it. */
export interface WayBack {
  readonly firewall: Firewall;
  /** The families of clients for which this works. */
  readonly keepsClients: readonly (4 | 6)[];
}

/**
 * Where clients of a published port are forwarded with their own addresses: for IPv6 clients the container needs an
 * IPv6 address.
 */
export const leadsOf = ({ hostIp }: PortBinding, { address, address6 }: PortLead): readonly string[] =>
  address6 !== undefined && parseAddress(hostIp)?.family === 6 ? [address, address6] : [address];

/**
 * Adds, for every published port in the firewall's table, a rule that keeps the container's answers in its network
 * namespace: a forwarder connects from its client's own address, which belongs to another machine. If the kernel does
 * not support such rules (before Linux 4.17), forwarders connect from the namespace's address.
 */
export function withWayBack(firewall: Firewall, route: NetlinkTransport): WayBack {
  const quietly = (message: Buffer, ...fine: number[]): void => {
    try {
      route.request(message, 'rule for answers of published ports');
    } catch (error) {
      if (!(error instanceof SystemCallError) || !fine.includes(error.errno)) throw error;
    }
  };
  const keepsClients = ([4, 6] as const).filter((family) => {
    try {
      route.request(addLocalRoute(family), 'route for answers of published ports');
      return true;
    } catch {
      return false;
    }
  });
  if (!keepsClients.includes(4)) return { firewall, keepsClients: [] };
  // Two bindings of one container port share a rule, whatever their family.
  const users = new Map<string, number>();
  const kept = (address: string): boolean => keepsClients.includes(parseAddress(address)?.family ?? 4);
  const each = (bindings: readonly PortBinding[], lead: PortLead, by: 1 | -1): void => {
    for (const binding of bindings)
      for (const address of leadsOf(binding, lead)) if (kept(address)) one(binding, address, by);
  };
  const one = ({ protocol, containerPort: port }: PortBinding, address: string, by: 1 | -1): void => {
    const answering: AnsweringPort = { address, protocol, port };
    const key = `${address} ${protocol} ${port}`;
    const count = (users.get(key) ?? 0) + by;
    if (count > 0) users.set(key, count);
    else users.delete(key);
    if (by === 1 && count === 1) quietly(answerRule('add', answering), EEXIST);
    if (by === -1 && count === 0) quietly(answerRule('delete', answering), ENOENT);
  };
  const add = (publication: Publication) => each(publication.bindings, publication, 1);
  const take = (publication: Publication) => each(publication.bindings, publication, -1);
  return {
    keepsClients,
    firewall: {
      ...firewall,
      reset(networks, publications) {
        firewall.reset(networks, publications);
        users.clear();
        for (const publication of publications) add(publication);
      },
      publish(publication) {
        add(publication);
        firewall.publish(publication);
      },
      withdraw(publication) {
        firewall.withdraw(publication);
        take(publication);
      },
      redirect(bindings, from, to) {
        add({ bindings, ...to });
        firewall.redirect(bindings, from, to);
        take({ bindings, ...from });
      },
    },
  };
}
