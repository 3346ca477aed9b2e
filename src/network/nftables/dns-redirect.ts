/** The only table in a container's own network namespace: DNS queries to 127.0.0.11 are redirected to another port there. */
import { DNS_ADDRESS } from '../dns/resolv-conf.ts';
import { parseAddress, toBytes } from '../ipam/address.ts';
import { destinationAddress4, destinationPort, dnat4, equal, load, meta, REGISTER } from './expressions.ts';
import type { Expression } from './messages.ts';
import { addBaseChain, addRule, addTable, HOOK, NFPROTO, type TableName } from './messages.ts';

const table: TableName = { family: NFPROTO.ipv4, table: 'tcompose_dns' };
const IPPROTO = [6, 17];

const bigEndian16 = (value: number) => Uint8Array.of(value >> 8, value & 255);

/** Messages for a batch that redirects 127.0.0.11:53, UDP and TCP, to `port` of the same address. */
export function leadDnsTo(port: number): Buffer[] {
  const address = toBytes(4, parseAddress(DNS_ADDRESS)!.value);
  const rules = IPPROTO.map((protocol): Expression[] => [
    destinationAddress4(),
    equal(address),
    meta('l4proto'),
    equal(Uint8Array.of(protocol)),
    destinationPort(),
    equal(bigEndian16(53)),
    load(address, REGISTER),
    load(bigEndian16(port), REGISTER + 1),
    dnat4(REGISTER, REGISTER + 1),
  ]);
  return [
    addTable(table),
    addBaseChain(table, { name: 'output', type: 'nat', hook: HOOK.output, priority: -100 }),
    ...rules.map((expressions) => addRule(table, { chain: 'output', expressions })),
  ];
}
