import { TcomposeError } from '../errors.ts';
import { type NetworkHome, ownNetwork } from '../sys/network-home.ts';
import type { NetworkRecord } from './types.ts';

const BRIDGE_NAME = 'com.docker.network.bridge.name';
const ICC = 'com.docker.network.bridge.enable_icc';
const MASQUERADE = 'com.docker.network.bridge.enable_ip_masquerade';
const HOST_BINDING = 'com.docker.network.bridge.host_binding_ipv4';
const MTU = 'com.docker.network.driver.mtu';
const DEFAULT_BRIDGE = 'com.docker.network.bridge.default_bridge';
const DEFAULT_MTU = 1500;
/** A multiple of four below the largest packet size: most of a stream's data is sent in such packets. */
const OWN_MTU = 65_520;
/** The maximum in Linux (GSO_MAX_SIZE). */
const OWN_BURST = 524_280;
const booleans = [ICC, MASQUERADE];

/** A network's options by their meaning; those that a bridge network has in Docker. */
interface BridgeOptions {
  readonly bridgeName: string | undefined;
  readonly interContainer: boolean;
  readonly masquerade: boolean;
  readonly hostBinding: string;
  readonly mtu: number;
}

/**
 * The default MTU of a network. In a network namespace of the engine's own all links are the engine's: traffic between
 * containers or to a published port's forwarder never meets a smaller one, and for traffic through the way out that
 * namespace's kernel tells senders the MTU.
 */
export const usualMtu = (home: NetworkHome): number => (home === ownNetwork ? DEFAULT_MTU : OWN_MTU);

/**
 * Bytes of a stream that links pass on as one packet. In a network namespace of the engine's own no link is physical,
 * so more is better; the machine's links split packets in hardware, which takes 64 KiB at once, and work better with
 * the kernel's default.
 */
export const largestBurst = (home: NetworkHome): number | undefined =>
  home === ownNetwork ? undefined : OWN_BURST;

/**
 * The congestion control for containers whose network is the engine's own; undefined: the machine's. All their
 * connections end on this machine (the way out makes new ones to the outside): one with pacing (BBR) would waste timers
 * on a path without queues.
 */
export const localCongestion = (home: NetworkHome): string | undefined => {
  if (home === ownNetwork) return undefined;
  try {
    return home.read('/proc/sys/net/ipv4/tcp_congestion_control').startsWith('bbr') ? 'reno' : undefined;
  } catch {
    return undefined;
  }
};

/** Reads the options of Docker's bridge driver, with its defaults. */
export function bridgeOptions(options: NetworkRecord['options'], defaultMtu = DEFAULT_MTU): BridgeOptions {
  return {
    bridgeName: options[BRIDGE_NAME],
    interContainer: options[ICC] !== 'false',
    masquerade: options[MASQUERADE] !== 'false',
    hostBinding: options[HOST_BINDING] ?? '',
    mtu: Number(options[MTU] ?? options.mtu ?? defaultMtu),
  };
}

/** Refuses invalid values; returns sentences about options that have no effect here. Errors: NETWORK_OPTION. */
export function checkOptions(name: string, options: NetworkRecord['options']): string[] {
  const refuse = (why: string): never => {
    throw new TcomposeError('NETWORK_OPTION', `${why}, for network ${name}`);
  };
  const warnings: string[] = [];
  for (const [key, value] of Object.entries(options)) {
    if (booleans.includes(key)) {
      if (value !== 'true' && value !== 'false')
        refuse(`failed to parse ${key} value: ${value} (it must be true or false)`);
    } else if (key === MTU || key === 'mtu') {
      const mtu = Number(value);
      if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65535) {
        refuse(`failed to parse ${key} value: ${value} (it must be a number of bytes from 68 to 65535)`);
      }
    } else if (key === BRIDGE_NAME) {
      if (!/^[^\s/:]{1,15}$/.test(value)) refuse(`${value} is not a name for a bridge (1 to 15 characters)`);
    } else if (key !== HOST_BINDING && key !== DEFAULT_BRIDGE) {
      warnings.push(`network ${name}: option ${key} has no effect`);
    }
  }
  return warnings;
}
