import { join } from 'node:path';
import { connectNetworkHolder, type HeldNetwork } from '../../sys/network-home.ts';
import type { Layout } from '../store/layout.ts';
import { machineAddress } from './machine-address.ts';

/**
 * With whose rights the engine works, decided once. `root`: the machine's own root (or root of a namespace somebody else
 * made), with the bridges in the network namespace it is in. `rootless`: a user's, in the namespaces of native/rootless:
 * root there, in the machine's network, with the bridges in another.
 */
export type Privilege = RootPrivilege | RootlessPrivilege;

interface RootPrivilege {
  readonly kind: 'root';
  readonly hostAddress: () => undefined;
}

export interface RootlessPrivilege {
  readonly kind: 'rootless';
  /** Path of the network namespace, in the engine's mount namespace. */
  readonly network: string;
  readonly home: HeldNetwork;
  /**
   * Where containers reach the machine itself (`host-gateway`); undefined: at the gateway of their network, which is the machine's for root,
   * and for a user without a way out as good as any.
   */
  readonly hostAddress: () => string | undefined;
}

/**
 * Who starts the engine says by $TCOMPOSE_NETWORK that it is in a user's namespaces; a holder answers there.
 * @throws SystemCallError when it does not
 */
export function readPrivilege(env: Readonly<Record<string, string | undefined>>, layout: Layout): Privilege {
  const network = env.TCOMPOSE_NETWORK;
  if (network === undefined || network === '') return { kind: 'root', hostAddress: () => undefined };
  const home = connectNetworkHolder(join(layout.run, 'netns.sock'));
  return { kind: 'rootless', network, home, hostAddress: machineAddress };
}
