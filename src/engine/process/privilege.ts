import { join } from 'node:path';
import { connectNetworkHolder, type HeldNetwork } from '../../sys/network-home.ts';
import type { Layout } from '../store/layout.ts';
import { machineAddress } from './machine-address.ts';

/**
 * The rights that the engine works with, determined once. `root`: the machine's own root (or root of a namespace that
 * somebody else made), with the bridges in its own network namespace. `rootless`: an ordinary user's, in the namespaces
 * of native/rootless: root there, in the machine's network, with the bridges in another namespace.
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
   * Where containers reach the machine itself (`host-gateway`); undefined means the gateway of their network, which is
   * the machine for root; for a user without a way out no address works any better.
   */
  readonly hostAddress: () => string | undefined;
}

/**
 * The process that starts the engine sets $TCOMPOSE_NETWORK if it is in a user's namespaces; a holder listens there.
 * @throws SystemCallError when it does not answer
 */
export function readPrivilege(env: Readonly<Record<string, string | undefined>>, layout: Layout): Privilege {
  const network = env.TCOMPOSE_NETWORK;
  if (network === undefined || network === '') return { kind: 'root', hostAddress: () => undefined };
  const home = connectNetworkHolder(join(layout.run, 'netns.sock'));
  return { kind: 'rootless', network, home, hostAddress: machineAddress };
}
