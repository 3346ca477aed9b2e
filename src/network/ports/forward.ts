import type { ForwardOp } from '../../runtime/launch/launch-plan.ts';
import { parseAddress } from '../ipam/address.ts';
import type { PortBinding } from '../types.ts';
import { portSocketName } from './plan-ports.ts';

/** What has a shim carry published ports to its container's address, with its clients' own addresses where `keepClient` is set. Pure. */
export const forwardOps = (
  bindings: readonly PortBinding[],
  address: string,
  keepClient: boolean,
): ForwardOp[] =>
  bindings.map((binding) => ({
    op: 'forward',
    socket: portSocketName(binding),
    family: parseAddress(address)?.family ?? 4,
    address,
    port: binding.containerPort,
    keepClient,
  }));
