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
/** A whole multiple of four below the largest packet: what most of a stream's data travels in. */
const OWN_MTU = 65_520;
/** What Linux allows at most (GSO_MAX_SIZE). */
const OWN_BURST = 524_280;
const booleans = [ICC, MASQUERADE];

/** Options of a network read by what they mean; Docker's names, the ones a bridge network has. */
interface BridgeOptions {
  readonly bridgeName: string | undefined;
  readonly interContainer: boolean;
  readonly masquerade: boolean;
  readonly hostBinding: string;
  readonly mtu: number;
}

/**
 * The MTU of a network that names none. In a network namespace of the engine's own all links are the engine's: what goes from container to
 * container or to a published port's forwarder never meets a smaller one, and for what leaves by the way out that namespace's kernel
 * itself tells senders its MTU.
 */
export const usualMtu = (home: NetworkHome): number => (home === ownNetwork ? DEFAULT_MTU : OWN_MTU);

/**
 * Bytes of a stream that links pass on as one packet. In a network namespace of the engine's own none of them is a wire, so the more the
 * better; the machine's links cut by their hardware, which takes 64 KiB at once, and do better with the kernel's own bound.
 */
export const largestBurst = (home: NetworkHome): number | undefined =>
  home === ownNetwork ? undefined : OWN_BURST;

/**
 * The control of congestion for containers whose network is the engine's own; undefined: as the machine's. All their connections end on this
 * machine (the way out makes the ones to others again): one that paces what it sends (BBR) spends its timers on a path that has no queue.
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

/**
 * Refuses values that can't be carried out; returns sentences about options that have no effect here.
 * Errors: NETWORK_OPTION.
 */
export function checkOptions(name: string, options: NetworkRecord['options']): string[] {
  const refuse = (why: string): never => {
    throw new TcomposeError('NETWORK_OPTION', `network ${name}: ${why}`);
  };
  const warnings: string[] = [];
  for (const [key, value] of Object.entries(options)) {
    if (booleans.includes(key)) {
      if (value !== 'true' && value !== 'false') refuse(`option ${key} is true or false, not ${value}`);
    } else if (key === MTU || key === 'mtu') {
      const mtu = Number(value);
      if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65535) {
        refuse(`option ${key} is a number of bytes from 68 to 65535, not ${value}`);
      }
    } else if (key === BRIDGE_NAME) {
      if (!/^[^\s/:]{1,15}$/.test(value)) refuse(`${value} is not a name for a bridge (1 to 15 characters)`);
    } else if (key !== HOST_BINDING && key !== DEFAULT_BRIDGE) {
      warnings.push(`network ${name}: option ${key} has no effect`);
    }
  }
  return warnings;
}
