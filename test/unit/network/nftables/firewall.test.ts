import { describe, expect, it } from 'vitest';
import { dumpUdpTo, tuplesTo } from '../../../../src/network/conntrack.ts';
import type { NetworkRecord, PortBinding } from '../../../../src/network/index.ts';
import { linkMatches } from '../../../../src/network/network-table.ts';
import { counter, equal, meta, verdict } from '../../../../src/network/nftables/expressions.ts';
import { chainsToOpen } from '../../../../src/network/nftables/foreign.ts';
import {
  addRule,
  batch,
  type Chain,
  HOOK,
  NFPROTO,
  type Rule,
} from '../../../../src/network/nftables/messages.ts';
import { parseRules } from '../../../../src/network/nftables/rules.ts';
import {
  changePorts,
  networkElements,
  portElement,
  tableOf,
} from '../../../../src/network/nftables/ruleset.ts';
import { attribute, nested, parseMessages, u8 } from '../../../../src/sys/netlink-message.ts';

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

const record = (over: Partial<NetworkRecord> = {}): NetworkRecord => ({
  id: 'a'.repeat(64),
  name: 'n',
  driver: 'bridge',
  created: '',
  internal: false,
  enableIPv6: false,
  labels: {},
  options: {},
  pools: [{ family: 4, subnet: '10.1.0.0/24', gateway: '10.1.0.1' }],
  bridge: 'br0',
  ...over,
});
const setsOf = (network: NetworkRecord) => networkElements(network).map(({ set }) => set);

describe('elements of a network', () => {
  it('are its bridge, its subnet, and the way out', () => {
    expect(setsOf(record())).toEqual(['bridges', 'within', 'subnets4', 'masquerade4']);
    const subnet = networkElements(record()).find(({ set }) => set === 'subnets4')!.elements;
    expect(subnet.map(({ key, intervalEnd }) => [hex(key), intervalEnd ?? false])).toEqual([
      ['0a010000', false],
      ['0a010100', true],
    ]);
  });
  it('leave the way out closed for internal networks and without masquerading', () => {
    expect(setsOf(record({ internal: true }))).toEqual(['bridges', 'internal', 'within', 'subnets4']);
    const options = { 'com.docker.network.bridge.enable_ip_masquerade': 'false' };
    expect(setsOf(record({ options }))).toEqual(['bridges', 'within', 'subnets4']);
  });
  it('drop what goes from container to container with enable_icc false', () => {
    const within = (options: NetworkRecord['options']) =>
      networkElements(record({ options })).find(({ set }) => set === 'within')!.elements[0]!.verdict;
    expect(within({})).toBe(1);
    expect(within({ 'com.docker.network.bridge.enable_icc': 'false' })).toBe(0);
  });
});

describe('elements of a port', () => {
  const binding = (hostIp: string, protocol: 'tcp' | 'udp' = 'tcp'): PortBinding => ({
    protocol,
    containerPort: 80,
    hostIp,
    hostPort: 8080,
  });
  it('lead from protocol and port, or protocol, port and address, to address and port', () => {
    const any = portElement(binding('0.0.0.0'), '10.1.0.2')!;
    expect([any.set, hex(any.element.key), hex(any.element.data)]).toEqual([
      'ports',
      '060000001f900000',
      '0a01000200500000',
    ]);
    const one = portElement(binding('127.0.0.1', 'udp'), '10.1.0.2')!;
    expect([one.set, hex(one.element.key)]).toEqual(['address_ports', '110000001f9000007f000001']);
    expect(portElement(binding('::'), '10.1.0.2')).toBeUndefined();
  });
  it('are one message a map', () => {
    const list = [binding('0.0.0.0'), binding('0.0.0.0', 'udp'), binding('::'), binding('127.0.0.1')];
    expect(changePorts(tableOf('1a2b3c4d'), 'add', list, '10.1.0.2')).toHaveLength(2);
  });
});

describe('batches', () => {
  it('begin, end, and ask for one ACK', () => {
    const rule = addRule(tableOf('1a2b3c4d'), { chain: 'c', expressions: [counter()] });
    const flags = parseMessages(Buffer.concat(batch([rule, rule]))).map(({ type, flags }) => [
      type,
      flags & 4,
    ]);
    expect(flags).toEqual([
      [16, 0],
      [0x0a06, 0],
      [0x0a06, 4],
      [17, 0],
    ]);
  });
});

describe('rules', () => {
  it('are read back with comment, verdict and expressions', () => {
    const bytes = addRule(tableOf('1a2b3c4d'), {
      chain: 'c',
      comment: 'tcompose_1a2b3c4d x',
      expressions: [meta('iifname', 1), equal(Buffer.from('tc')), counter(), verdict('accept')],
    });
    expect(parseRules(parseMessages(bytes))).toEqual([
      {
        handle: 0n,
        comment: 'tcompose_1a2b3c4d x',
        expressions: ['meta', 'cmp', 'counter', 'immediate'],
        verdict: 1,
      },
    ]);
  });
});

describe('foreign chains', () => {
  const chain = (over: Partial<Chain> = {}): Chain => ({
    family: NFPROTO.ipv4,
    table: 'filter',
    name: 'FORWARD',
    type: 'filter',
    hook: HOOK.forward,
    policy: 0,
    ...over,
  });
  const rule = (over: Partial<Rule>): Rule => ({ handle: 1n, comment: '', expressions: [], ...over });
  const opened = (chains: Chain[], rules: Rule[] = []) =>
    chainsToOpen(chains, 'tcompose_1a2b3c4d', () => rules).map(({ table, name }) => `${table} ${name}`);

  it('are opened where they drop', () => {
    expect(opened([chain()])).toEqual(['filter FORWARD']);
    expect(opened([chain({ policy: 1 })])).toEqual([]);
    expect(opened([chain({ policy: 1 })], [rule({ verdict: 0 })])).toEqual(['filter FORWARD']);
    expect(opened([chain({ policy: 1 })], [rule({ expressions: ['reject'] })])).toEqual(['filter FORWARD']);
    expect(opened([chain({ policy: 1 })], [rule({ target: 'REJECT' })])).toEqual(['filter FORWARD']);
    expect(opened([chain({ policy: 1 })], [rule({ verdict: 1 })])).toEqual([]);
  });
  it('are opened in DOCKER-USER where there is one in the same table', () => {
    const user: Chain = { family: NFPROTO.ipv4, table: 'filter', name: 'DOCKER-USER', type: '' };
    expect(opened([chain(), user])).toEqual(['filter DOCKER-USER']);
    expect(opened([chain(), { ...user, family: NFPROTO.ipv6 }])).toEqual(['filter FORWARD']);
  });
  it('are left alone at other hooks, of other types, and of other instances', () => {
    expect(
      opened([chain({ hook: HOOK.input }), chain({ type: 'nat' }), chain({ family: NFPROTO.bridge })]),
    ).toEqual([]);
    expect(opened([chain({ table: 'tcompose_ffffffff' })])).toEqual([]);
  });
  it('are opened for the prefix of the instance, and by name for other bridges', () => {
    expect(linkMatches('tc1a2b3c4d', [])).toEqual([]);
    expect(
      linkMatches('tc1a2b3c4d', [
        record({ bridge: 'tc1a2b3c4db0001' }),
        record({ bridge: 'tc1a2b3c4db0002' }),
        record({ bridge: 'mine' }),
      ]),
    ).toEqual([
      { name: 'tc1a2b3c4d', prefix: true },
      { name: 'mine', prefix: false },
    ]);
  });
});

describe('connections to a UDP port', () => {
  it('are told from others, for kernels that send everything', () => {
    const tuple = (protocol: number, port: number) =>
      nested(1, nested(2, u8(1, protocol), attribute(3, Buffer.of(port >> 8, port & 255))));
    const message = (body: Buffer) => ({ type: 0x100, flags: 0, sequence: 1, portId: 0, body });
    const list = [tuple(17, 53), tuple(6, 53), tuple(17, 54)].map((bytes) =>
      message(Buffer.concat([Buffer.alloc(4), bytes])),
    );
    expect(tuplesTo(list, new Set([53])).map(hex)).toEqual([hex(tuple(17, 53).subarray(4))]);
    expect(parseMessages(dumpUdpTo(53))[0]!.flags & 0x300).toBe(0x300);
    expect(parseMessages(dumpUdpTo())[0]!.flags & 0x300).toBe(0x300);
  });
});

it('publishes thousands of ports, in messages of a length that netlink can carry', () => {
  const bindings: PortBinding[] = Array.from({ length: 4_000 }, (_, index) => ({
    protocol: 'udp',
    containerPort: 30_000 + index,
    hostIp: '0.0.0.0',
    hostPort: 30_000 + index,
  }));
  for (const change of ['add', 'delete'] as const) {
    const messages = changePorts(tableOf('7e57a000'), change, bindings, '10.1.0.2');
    expect(Math.max(...messages.map(({ length }) => length))).toBeLessThan(65_536);
    // Each element is 36 bytes; what comes with a list of them is a few dozen.
    expect(messages.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(4_000 * 36);
  }
});
