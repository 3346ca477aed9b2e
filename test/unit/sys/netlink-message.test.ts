import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAddress, addDefaultRoute } from '../../../src/network/netlink/addresses.ts';
import { conf4Attribute, portConf4 } from '../../../src/network/netlink/link-conf.ts';
import { createBridge, createVeth, parseLinks, setBridgePort } from '../../../src/network/netlink/links.ts';
import {
  attribute,
  be32,
  listAttributes,
  message,
  nested,
  parseAttributes,
  parseMessages,
  readText,
  text,
  u32,
} from '../../../src/sys/netlink-message.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('netlink messages', () => {
  it('pads attributes to four bytes without counting the padding', () => {
    expect(hex(text(3, 'lo'))).toBe('070003006c6f0000');
    expect(hex(be32(1, 0x01020304))).toBe('0800010001020304');
    expect(hex(nested(18, text(1, 'veth')))).toBe('10001280090001007665746800000000');
  });

  it('puts a header before family header and attributes', () => {
    expect(hex(message(16, 4, Buffer.alloc(4), [u32(4, 1500)]))).toBe(
      '1c00000010000500000000000000000000000000' + '08000400dc050000',
    );
  });

  it('reads back what it wrote', () => {
    const value = fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 10 }), (list) => {
        const bytes = Buffer.concat(list.map(([type, content]) => attribute(type, content)));
        expect(listAttributes(bytes).map(({ type, value }) => [type, hex(value)])).toEqual(
          list.map(([type, content]) => [type, hex(content)]),
        );
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const { body } of parseMessages(Buffer.from(bytes))) parseAttributes(body);
        parseLinks(parseMessages(Buffer.from(bytes)));
      }),
    );
  });
});

describe('link messages', () => {
  it('makes a bridge that is not up, so that it can be set before', () => {
    expect(hex(createBridge({ name: 'br0', mac: '02:42:0a:00:00:01', mtu: 1500 }))).toBe(
      '4c000000' +
        '10000506' +
        '0000000000000000' +
        '00000000' +
        '00000000' +
        '00000000' +
        '00000000' +
        '0800030062723000' +
        '08000400dc050000' +
        '0a00010002420a0000010000' +
        '100012800b0001006272696467650000',
    );
  });

  it('says where the namespace descriptor of a veth goes', () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,15}$/);
    fc.assert(
      fc.property(name, name, fc.option(fc.constant(524_280), { nil: undefined }), (near, far, burst) => {
        const veth = createVeth({
          name: near,
          index: 7,
          masterIndex: 3,
          peer: { name: far, index: 8, mac: '02:42:0a:00:00:02' },
          mtu: 1400,
          burst,
        });
        veth.message.writeUInt32LE(0xabcdef, veth.netnsFdAt);
        const { body } = parseMessages(veth.message)[0]!;
        const top = parseAttributes(body.subarray(16));
        const data = parseAttributes(parseAttributes(top.get(18)!).get(2)!);
        const peer = parseAttributes(data.get(1)!.subarray(16));
        expect(readText(top.get(3))).toBe(near);
        expect(readText(peer.get(3))).toBe(far);
        expect(peer.get(28)!.readUInt32LE(0)).toBe(0xabcdef);
        for (const link of [top, peer]) expect(link.get(63)?.readUInt32LE(0)).toBe(burst);
      }),
    );
  });

  it('sets port flags of a bridge slave, and with them what it refuses', () => {
    const bytes = hex(setBridgePort(5, { hairpin: true, isolated: false }));
    expect(bytes.endsWith(hex(conf4Attribute(portConf4)))).toBe(true);
    expect(bytes.slice(32, -2 * conf4Attribute(portConf4).length)).toBe(
      '00000000' +
        '05000000' +
        '00000000' +
        '00000000' +
        '2400' +
        '1280' +
        '0b000400' +
        '62726964' +
        '67650000' +
        '14000580' +
        '0500040001000000' +
        '0500210000000000',
    );
  });

  it('numbers IPv4 settings as the kernel does', () => {
    // IFLA_AF_SPEC, AF_INET, IFLA_INET_CONF, then IPV4_DEVCONF_RP_FILTER and IPV4_DEVCONF_ARP_IGNORE.
    expect(hex(conf4Attribute({ rp_filter: 1, arp_ignore: 8 }))).toBe(
      '1c001a80' + '18000280' + '14000180' + '0800080001000000' + '0800130008000000',
    );
  });
});

describe('address messages', () => {
  it('gives an IPv4 address its broadcast address', () => {
    const bytes = addAddress(9, { family: 4, value: 0x0a000002n, prefix: 24 });
    expect(hex(bytes).slice(32)).toBe(
      '02180000' + '09000000' + '080002000a000002' + '080001000a000002' + '080004000a0000ff',
    );
  });
  it('gives an IPv6 address without duplicate detection', () => {
    const bytes = addAddress(9, { family: 6, value: 1n, prefix: 64 });
    expect(hex(bytes).slice(-16)).toBe('0800080002000000');
  });
  it('routes by a gateway', () => {
    expect(hex(addDefaultRoute(4, 0x0a000001n, 9)).slice(32)).toBe(
      '02000000' + 'fe040001' + '00000000' + '080005000a000001' + '0800040009000000',
    );
  });
});
