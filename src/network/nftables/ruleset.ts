/**
 * The only table of an instance (`inet tcompose_<instance>`). Its rules are fixed: networks and published ports are
 * elements of sets and maps, so that no rule is added or looked up while containers come and go.
 */

import { portPrefix } from '../attach/link-names.ts';
import { boundsOf, type Cidr, parseAddress, parseCidr, toBytes } from '../ipam/address.ts';
import type { NetworkRecord, PortBinding } from '../types.ts';
import {
  and,
  destinationAddress4,
  destinationAddress6,
  destinationIsLocal,
  destinationPort,
  destinationTranslated,
  dnat4,
  equal,
  established,
  fromMap,
  inSet,
  isFamily,
  masquerade,
  meta,
  notEqual,
  REGISTER,
  sourceAddress4,
  sourceAddress6,
  verdict,
  verdictFromMap,
} from './expressions.ts';
import type { Expression } from './messages.ts';
import {
  addBaseChain,
  addElements,
  addRule,
  addSet,
  addTable,
  concatenation,
  deleteElements,
  HOOK,
  NFPROTO,
  type SetElement,
  type SetSpec,
  type TableName,
  TYPE,
  VERDICT,
} from './messages.ts';

/** The table of an instance. */
export const tableOf = (instance: string): TableName => ({
  family: NFPROTO.inet,
  table: `tcompose_${instance}`,
});

const portKey = concatenation(TYPE.protocol, TYPE.port);
const portData = { type: concatenation(TYPE.ipv4, TYPE.port), length: 8 };
const subnets = { keyType: TYPE.ipv4, keyLength: 4, interval: true };
const subnets6 = { keyType: TYPE.ipv6, keyLength: 16, interval: true };
const links = { keyType: TYPE.interface, keyLength: 16, hostByteOrder: true };

const sets: readonly SetSpec[] = [
  { name: 'bridges', ...links },
  { name: 'internal', ...links },
  // Same bridge in and out: accept, or drop if containers may not reach each other.
  {
    name: 'within',
    keyType: concatenation(TYPE.interface, TYPE.interface),
    keyLength: 32,
    data: 'verdict',
  },
  { name: 'subnets4', ...subnets },
  { name: 'subnets6', ...subnets6 },
  { name: 'masquerade4', ...subnets },
  { name: 'masquerade6', ...subnets6 },
  { name: 'ports', keyType: portKey, keyLength: 8, data: portData },
  {
    name: 'address_ports',
    keyType: concatenation(TYPE.protocol, TYPE.port, TYPE.ipv4),
    keyLength: 12,
    data: portData,
  },
];

const loopback4: Expression[] = [and(Uint8Array.of(255, 0, 0, 0)), equal(Uint8Array.of(127, 0, 0, 0))];
const fromBridge = (invert = false) => [meta('iifname'), inSet('bridges', invert)];
const toBridge = (invert = false) => [meta('oifname'), inSet('bridges', invert)];
const linkName = (name: string) => Buffer.alloc(16, 0).fill(name, 0, Buffer.byteLength(name));

const publishedPorts: Expression[][] = [
  [
    ...isFamily(4),
    ...destinationIsLocal(),
    meta('l4proto', REGISTER),
    destinationPort(REGISTER + 1),
    fromMap('ports'),
    dnat4(REGISTER, REGISTER + 1),
  ],
  [
    ...isFamily(4),
    meta('l4proto', REGISTER),
    destinationPort(REGISTER + 1),
    destinationAddress4(REGISTER + 2),
    fromMap('address_ports'),
    dnat4(REGISTER, REGISTER + 1),
  ],
];

interface FixedChain {
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: number;
  readonly priority: number;
  readonly rules: Expression[][];
}

/** The first chain for packets; `portPrefix` is the prefix of bridge ports' names. */
const guard = (portPrefix: string): FixedChain => ({
  name: 'guard',
  type: 'filter',
  hook: HOOK.prerouting,
  priority: -300,
  rules: [
    // Frames that the kernel delivers to a port itself, bypassing its bridge and all rules about bridges below.
    [meta('iifname'), equal(Buffer.from(portPrefix)), verdict('drop')],
    // What is published on the machine's loopback is only for the machine, whatever another machine on the link writes
    // into a packet.
    [
      meta('iifname'),
      notEqual(linkName('lo')),
      ...isFamily(4),
      meta('l4proto', REGISTER),
      destinationPort(REGISTER + 1),
      destinationAddress4(REGISTER + 2),
      fromMap('address_ports'),
      destinationAddress4(),
      ...loopback4,
      verdict('drop'),
    ],
    // route_localnet is on for the bridges: no container may send to or from the machine's loopback.
    [...fromBridge(), ...isFamily(4), destinationAddress4(), ...loopback4, verdict('drop')],
    [...fromBridge(), ...isFamily(4), sourceAddress4(), ...loopback4, verdict('drop')],
    [meta('iifname'), equal(linkName('lo')), verdict('accept')],
    // Another machine that routes a container's subnet to this one reaches nothing that way.
    [...fromBridge(true), ...isFamily(4), destinationAddress4(), inSet('subnets4'), verdict('drop')],
    [...fromBridge(true), ...isFamily(6), destinationAddress6(), inSet('subnets6'), verdict('drop')],
  ],
});

const otherChains: readonly FixedChain[] = [
  { name: 'publish', type: 'nat', hook: HOOK.prerouting, priority: -100, rules: publishedPorts },
  { name: 'publish_local', type: 'nat', hook: HOOK.output, priority: -100, rules: publishedPorts },
  {
    name: 'forward',
    type: 'filter',
    hook: HOOK.forward,
    priority: 0,
    rules: [
      [meta('iifname', REGISTER), meta('oifname', REGISTER + 4), verdictFromMap('within')],
      [meta('iifname'), inSet('internal'), verdict('drop')],
      [meta('oifname'), inSet('internal'), verdict('drop')],
      [...toBridge(), ...established(), verdict('accept')],
      [...toBridge(), ...destinationTranslated(), verdict('accept')],
      [...toBridge(), verdict('drop')],
    ],
  },
  {
    name: 'source',
    type: 'nat',
    hook: HOOK.postrouting,
    priority: 100,
    rules: [
      // For a container that uses a published port of another one, or its own: the answer must return through here.
      [
        ...toBridge(),
        ...isFamily(4),
        sourceAddress4(),
        inSet('subnets4'),
        ...destinationTranslated(),
        masquerade(),
      ],
      [...toBridge(), ...isFamily(4), sourceAddress4(), ...loopback4, masquerade()],
      [...toBridge(true), ...isFamily(4), sourceAddress4(), inSet('masquerade4'), masquerade()],
      [...toBridge(true), ...isFamily(6), sourceAddress6(), inSet('masquerade6'), masquerade()],
    ],
  },
];

/** Messages that make an instance's table with its sets, chains and rules, without networks and ports. */
export function emptyTable(instance: string, comment?: string): Buffer[] {
  const table = tableOf(instance);
  return [
    addTable(table, comment),
    ...sets.map((set, index) => addSet(table, set, index + 1)),
    ...[guard(portPrefix(instance)), ...otherChains].flatMap((chain) => [
      addBaseChain(table, chain),
      ...chain.rules.map((expressions) => addRule(table, { chain: chain.name, expressions })),
    ]),
  ];
}

/** A subnet as the two elements of an interval set. */
function interval(subnet: Cidr): SetElement[] {
  const { first, last } = boundsOf(subnet);
  return [
    { key: toBytes(subnet.family, first) },
    { key: toBytes(subnet.family, last + 1n), intervalEnd: true },
  ];
}

/** The elements for a network, by set. */
export function networkElements(network: NetworkRecord): { set: string; elements: SetElement[] }[] {
  const name = linkName(network.bridge);
  const talk = network.options['com.docker.network.bridge.enable_icc'] !== 'false';
  const masked =
    !network.internal && network.options['com.docker.network.bridge.enable_ip_masquerade'] !== 'false';
  const pools = network.pools.map((pool) => parseCidr(pool.subnet)!);
  const of = (family: 4 | 6) => pools.filter((pool) => pool.family === family).flatMap(interval);
  return [
    { set: 'bridges', elements: [{ key: name }] },
    ...(network.internal ? [{ set: 'internal', elements: [{ key: name }] }] : []),
    {
      set: 'within',
      elements: [{ key: Buffer.concat([name, name]), verdict: talk ? VERDICT.accept : VERDICT.drop }],
    },
    { set: 'subnets4', elements: of(4) },
    { set: 'subnets6', elements: of(6) },
    ...(masked
      ? [
          { set: 'masquerade4', elements: of(4) },
          { set: 'masquerade6', elements: of(6) },
        ]
      : []),
  ].filter(({ elements }) => elements.length > 0);
}

const padded = (number: number, at: 'byte' | 'port') => {
  const bytes = Buffer.alloc(4);
  if (at === 'byte') bytes.writeUInt8(number);
  else bytes.writeUInt16BE(number);
  return bytes;
};

/** The map element that publishes a port, or nothing for IPv6 bindings (those use the proxy). */
export function portElement(
  binding: PortBinding,
  containerAddress: string,
): { set: string; element: SetElement } | undefined {
  const host = parseAddress(binding.hostIp);
  const container = parseAddress(containerAddress);
  if (host?.family !== 4 || container?.family !== 4) return undefined;
  const protocol = padded(binding.protocol === 'tcp' ? 6 : 17, 'byte');
  const port = padded(binding.hostPort, 'port');
  const data = Buffer.concat([toBytes(4, container.value), padded(binding.containerPort, 'port')]);
  return host.value === 0n
    ? { set: 'ports', element: { key: Buffer.concat([protocol, port]), data } }
    : {
        set: 'address_ports',
        element: { key: Buffer.concat([protocol, port, toBytes(4, host.value)]), data },
      };
}

/** Adds a network to the maps. */
export const addNetwork = (table: TableName, network: NetworkRecord): Buffer[] =>
  networkElements(network).map(({ set, elements }) => addElements(table, set, elements));

/** Deletes a network from the maps. */
export const deleteNetwork = (table: TableName, network: NetworkRecord): Buffer[] =>
  networkElements(network).map(({ set, elements }) => deleteElements(table, set, elements));

/** An attribute's length has 16 bits, including a list of elements: room for about 1,800 of the longest. */
const ELEMENTS_A_MESSAGE = 1024;

/** Adds or deletes the elements of published ports; empty when none of them belongs in the maps. */
export function changePorts(
  table: TableName,
  change: 'add' | 'delete',
  bindings: readonly PortBinding[],
  containerAddress: string,
): Buffer[] {
  const bySet = new Map<string, SetElement[]>();
  for (const binding of bindings) {
    const found = portElement(binding, containerAddress);
    if (!found) continue;
    const elements = bySet.get(found.set);
    if (elements) elements.push(found.element);
    else bySet.set(found.set, [found.element]);
  }
  const act = change === 'add' ? addElements : deleteElements;
  return [...bySet].flatMap(([set, elements]) =>
    Array.from({ length: Math.ceil(elements.length / ELEMENTS_A_MESSAGE) }, (_, piece) =>
      act(table, set, elements.slice(piece * ELEMENTS_A_MESSAGE, (piece + 1) * ELEMENTS_A_MESSAGE)),
    ),
  );
}
