import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { defaultLink } from './way-out-command.ts';

/**
 * The machine's own IPv4 address on the link of its default route, through which a rootless engine's containers reach
 * services that listen on all addresses; undefined if there is none.
 */
export function machineAddress(): string | undefined {
  const link = defaultLink(readFileSync('/proc/net/route', 'utf8'));
  const addresses = link === undefined ? [] : (networkInterfaces()[link] ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
