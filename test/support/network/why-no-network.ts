import { existsSync } from 'node:fs';
import { requirements } from '../cli.ts';

/** Why tests that play several machines with network namespaces cannot run here, or undefined. */
export function whyNoNetwork(): string | undefined {
  const lacking = requirements({ root: true, commands: ['ip', 'nft', 'nsenter', 'unshare'] });
  return lacking ?? (existsSync('/proc/sys/net/ipv6') ? undefined : 'needs IPv6');
}
