import type { ForwardOp } from '../../runtime/launch/launch-plan.ts';
import { parseAddress } from '../ipam/address.ts';
import type { PortLead } from '../nftables/firewall.ts';
import type { PortBinding } from '../types.ts';
import { portSocketName } from './plan-ports.ts';
import { leadsOf } from './way-back.ts';

/**
 * Makes a shim forward published ports to its container, with its clients' own addresses for the families in
 * `keepsClients`. Pure.
 */
export const forwardOps = (
  bindings: readonly PortBinding[],
  lead: PortLead,
  keepsClients: readonly (4 | 6)[],
): ForwardOp[] =>
  bindings.flatMap((binding) =>
    leadsOf(binding, lead).flatMap((address): ForwardOp[] => {
      const family = parseAddress(address)?.family ?? 4;
      const keepClient = keepsClients.includes(family);
      // Without its client's address a connection may just as well use the lead that exists for all.
      if (address === lead.address6 && !keepClient) return [];
      return [
        {
          op: 'forward',
          socket: portSocketName(binding),
          family,
          address,
          port: binding.containerPort,
          keepClient,
        },
      ];
    }),
  );
