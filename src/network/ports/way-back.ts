import { constants } from 'node:os';
import { SystemCallError } from '../../sys/libc.ts';
import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { type AnsweringPort, addLocalRoute, answerRule } from '../netlink/way-back-rules.ts';
import type { Firewall, Publication } from '../nftables/firewall.ts';

const { EEXIST, ENOENT } = constants.errno;

/** Whether a forwarder may connect with its client's own address: the answers come back to it. */
export interface WayBack {
  readonly firewall: Firewall;
  readonly keepsClients: boolean;
}

/**
 * Beside every published port in the firewall's table, a rule by which the container's answers stay in its network namespace: a forwarder
 * connects from its client's own address, which is another machine's. Where the kernel takes no such rule (before Linux 4.17), forwarders
 * connect from the namespace's address.
 */
export function withWayBack(firewall: Firewall, route: NetlinkTransport): WayBack {
  const quietly = (message: Buffer, ...fine: number[]): void => {
    try {
      route.request(message, 'rule for answers of published ports');
    } catch (error) {
      if (!(error instanceof SystemCallError) || !fine.includes(error.errno)) throw error;
    }
  };
  try {
    route.request(addLocalRoute(), 'route for answers of published ports');
  } catch {
    return { firewall, keepsClients: false };
  }
  // Two bindings of one container port, of either family, share a rule.
  const users = new Map<string, number>();
  const each = (address: string, { bindings }: Pick<Publication, 'bindings'>, by: 1 | -1): void => {
    for (const { protocol, containerPort: port } of bindings) {
      const one: AnsweringPort = { address, protocol, port };
      const key = `${address} ${protocol} ${port}`;
      const count = (users.get(key) ?? 0) + by;
      if (count > 0) users.set(key, count);
      else users.delete(key);
      if (by === 1 && count === 1) quietly(answerRule('add', one), EEXIST);
      if (by === -1 && count === 0) quietly(answerRule('delete', one), ENOENT);
    }
  };
  const add = (publication: Publication) => each(publication.address, publication, 1);
  const take = (publication: Publication) => each(publication.address, publication, -1);
  return {
    keepsClients: true,
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
        add({ bindings, address: to });
        firewall.redirect(bindings, from, to);
        take({ bindings, address: from });
      },
    },
  };
}
