import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { defaultLink } from './way-out-command.ts';

/**
 * The machine's own IPv4 address on the link of its default route, by which a user's containers reach what listens there on
 * all addresses; undefined without one.
 */
export function machineAddress(): string | undefined {
  const link = defaultLink(readFileSync('/proc/net/route', 'utf8'));
  const addresses = link === undefined ? [] : (networkInterfaces()[link] ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
