import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../src/network/dns/answer.ts';
import { createNameTable } from '../../../../src/network/dns/names.ts';
import {
  buildResponse,
  encodeName,
  parseQuery,
  type Query,
  readName,
} from '../../../../src/network/dns/wire.ts';
import type { EndpointRecord, NetworkRecord } from '../../../../src/network/index.ts';

const A = 1;
const PTR = 12;
const MX = 15;
const AAAA = 28;

/** A query as a resolver sends it. */
function query(name: string, type: number, options: { edns?: number; id?: number } = {}): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(options.id ?? 0x1234, 0);
  header.writeUInt16BE(0x0100, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(options.edns ? 1 : 0, 10);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(1, 2);
  const opt = options.edns ? Buffer.alloc(11) : Buffer.alloc(0);
  if (options.edns) {
    opt.writeUInt16BE(41, 1);
    opt.writeUInt16BE(options.edns, 3);
  }
  return Buffer.concat([header, encodeName(name), tail, opt]);
}

interface Reply {
  code: number;
  truncated: boolean;
  records: string[];
  length: number;
}

/** Reads an answer independently of the code that wrote it. */
function read(bytes: Buffer): Reply {
  const name = readName(bytes, 12)!;
  let at = name.end + 4;
  const records: string[] = [];
  for (let index = 0; index < bytes.readUInt16BE(6); index++) {
    const owner = readName(bytes, at)!;
    expect(owner.text).toBe(name.text);
    const type = bytes.readUInt16BE(owner.end);
    expect(bytes.readUInt32BE(owner.end + 4)).toBe(0);
    const length = bytes.readUInt16BE(owner.end + 8);
    const data = bytes.subarray(owner.end + 10, owner.end + 10 + length);
    records.push(
      type === A
        ? [...data].join('.')
        : type === PTR
          ? readName(bytes, owner.end + 10)!.text
          : data.toString('hex'),
    );
    at = owner.end + 10 + length;
  }
  return {
    code: bytes[3]! & 15,
    truncated: (bytes[2]! & 2) !== 0,
    records,
    length: bytes.length,
  };
}

const network = (id: string, subnet: string): NetworkRecord =>
  ({ id, name: `proj_${id}`, pools: [{ family: 4, subnet, gateway: '' }] }) as unknown as NetworkRecord;
const endpoint = (networkId: string, ipv4: string, aliases: string[], ipv6?: string): EndpointRecord => ({
  networkId,
  ipv4,
  aliases,
  ...(ipv6 ? { ipv6 } : {}),
  mac: '',
  interfaceName: 'eth0',
  hostLink: '',
});

function table() {
  const names = createNameTable();
  names.addNetwork(network('front', '10.1.0.0/24'));
  names.addNetwork(network('back', '10.2.0.0/24'));
  names.add('web', endpoint('front', '10.1.0.2', ['proj-web-1', 'web', 'www', 'aabbccddeeff']));
  names.add('web', endpoint('back', '10.2.0.2', ['proj-web-1', 'web', 'aabbccddeeff']));
  names.add('db', endpoint('back', '10.2.0.3', ['proj-DB-1', 'db'], 'fd00::3'));
  for (let index = 0; index < 3; index++) {
    names.add(`api${index}`, endpoint('front', `10.1.0.1${index}`, [`proj-api-${index + 1}`, 'api']));
  }
  return names;
}

const names = table();
function ask(
  scope: string[],
  name: string,
  type = A,
  options: Parameters<typeof query>[2] = {},
): Reply | string {
  const decision = decide(query(name, type, options), scope, names, 'udp', Math.random);
  return decision.kind === 'answer' ? read(decision.bytes) : decision.kind;
}
const addresses = (...args: Parameters<typeof ask>) => {
  const reply = ask(...args);
  return typeof reply === 'string' ? reply : reply.records.sort();
};

describe('names', () => {
  it('are those of the asker’s networks', () => {
    expect(addresses(['front'], 'web')).toEqual(['10.1.0.2']);
    expect(addresses(['back'], 'web')).toEqual(['10.2.0.2']);
    expect(addresses(['front'], 'db')).toBe('forward');
    expect(addresses([], 'web')).toBe('forward');
  });
  it('are looked for in one network after the other', () => {
    expect(addresses(['front', 'back'], 'web')).toEqual(['10.1.0.2']);
    expect(addresses(['back', 'front'], 'web')).toEqual(['10.2.0.2']);
    const own = table();
    own.add('other', endpoint('front', '10.1.0.9', ['db']));
    expect(own.lookup(['front', 'back'], 'db')).toMatchObject({
      ipv4: [Buffer.from([10, 1, 0, 9])],
      ipv6: [expect.anything()],
    });
  });
  it('may be called by names of the asker’s own, which go before others', () => {
    const links = new Map([
      ['database', 'proj-db-1'],
      ['api', 'proj-api-2'],
      ['gone', 'proj-gone-1'],
    ]);
    const linked = (name: string) => {
      const decision = decide(query(name, A, {}), ['front', 'back'], names, 'udp', Math.random, links);
      return decision.kind === 'answer' ? read(decision.bytes).records : decision.kind;
    };
    expect(linked('Database')).toEqual(['10.2.0.3']);
    expect(linked('api')).toEqual(['10.1.0.11']);
    expect(linked('gone')).toBe('forward');
  });
  it('are container name, service, alias and short id, in any case, plain or with the network', () => {
    for (const name of [
      'web',
      'WEB',
      'proj-web-1',
      'www',
      'aabbccddeeff',
      'web.proj_front',
      'Web.Proj_Front',
    ]) {
      expect(addresses(['front'], name)).toEqual(['10.1.0.2']);
    }
    expect(addresses(['back'], 'proj-db-1')).toEqual(['10.2.0.3']);
    expect(addresses(['front'], 'web.proj_back')).toBe('forward');
    expect(addresses(['front'], 'example.com')).toBe('forward');
  });
  it('have all replicas, in every order', () => {
    expect(addresses(['front'], 'api')).toEqual(['10.1.0.10', '10.1.0.11', '10.1.0.12']);
    const orders = new Set<string>();
    for (let count = 0; count < 200; count++) orders.add((ask(['front'], 'api') as Reply).records.join());
    expect(orders.size).toBe(6);
  });
  it('have no records, and no error, for types they lack', () => {
    expect(ask(['front'], 'web', AAAA)).toMatchObject({ code: 0, records: [] });
    expect(ask(['front'], 'web', MX)).toMatchObject({ code: 0, records: [] });
    expect(ask(['back'], 'db', AAAA)).toMatchObject({ records: ['fd000000000000000000000000000003'] });
  });
  it('are found by address within the asker’s networks', () => {
    expect(addresses(['back'], '3.0.2.10.in-addr.arpa', PTR)).toEqual(['proj-db-1.proj_back']);
    const six = '3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa';
    expect(addresses(['back'], six, PTR)).toEqual(['proj-db-1.proj_back']);
    expect(ask(['back'], '99.0.2.10.in-addr.arpa', PTR)).toMatchObject({ code: 3 });
    expect(ask(['front'], '3.0.2.10.in-addr.arpa', PTR)).toBe('forward');
    expect(ask(['front'], '8.8.8.8.in-addr.arpa', PTR)).toBe('forward');
  });
  it('go with their container', () => {
    const own = table();
    own.remove('api1', 'front');
    expect(own.lookup(['front'], 'api')!.ipv4).toHaveLength(2);
    own.remove('api0', 'front');
    own.remove('api2', 'front');
    expect(own.lookup(['front'], 'api')).toBeUndefined();
    own.remove('api2', 'front');
    own.removeNetwork('front');
    expect(own.lookup(['front'], 'web')).toBeUndefined();
  });
});

describe('answers', () => {
  const crowd = createNameTable();
  crowd.addNetwork(network('n', '10.1.0.0/16'));
  for (let index = 0; index < 100; index++)
    crowd.add(`c${index}`, endpoint('n', `10.1.1.${index}`, ['many']));
  const reply = (options: Parameters<typeof query>[2], transport: 'udp' | 'tcp') => {
    const decision = decide(query('many', A, options), ['n'], crowd, transport, Math.random);
    return read((decision as { bytes: Buffer }).bytes);
  };
  it('fit in what the client takes, and say when something is missing', () => {
    expect(reply({}, 'udp')).toMatchObject({ truncated: true });
    expect(reply({}, 'udp').length).toBeLessThanOrEqual(512);
    expect(reply({ edns: 1232 }, 'udp').length).toBeLessThanOrEqual(1232);
    expect(reply({ edns: 4096 }, 'udp')).toMatchObject({ truncated: false });
    expect(reply({}, 'tcp').records).toHaveLength(100);
  });
  it('repeat id and question, letter by letter', () => {
    const decision = decide(
      query('WeB', A, { id: 0xbeef, edns: 1232 }),
      ['front'],
      names,
      'udp',
      Math.random,
    );
    const { bytes } = decision as { bytes: Buffer };
    expect(bytes.readUInt16BE(0)).toBe(0xbeef);
    expect(bytes.toString('latin1')).toContain('WeB');
    expect(bytes.readUInt16BE(10)).toBe(1);
    expect(bytes.readUInt16BE(2)).toBe(0x8180);
  });
  it('refuse what is no plain query', () => {
    const two = query('web', A);
    two.writeUInt16BE(2, 4);
    const status = Buffer.from(query('web', A));
    status[2] = 0x10;
    const response = Buffer.from(query('web', A));
    response[2] = 0x80;
    const code = (bytes: Buffer) => {
      const decision = decide(bytes, ['front'], names, 'udp', Math.random);
      return decision.kind === 'answer' ? decision.bytes[3]! & 15 : decision.kind;
    };
    expect(code(two)).toBe(1);
    expect(code(status)).toBe(4);
    expect(code(response)).toBe('ignore');
    expect(code(Buffer.alloc(5))).toBe('ignore');
  });
});

describe('the wire format', () => {
  it('survives any bytes, and never answers with more than the limit', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(query('web', A), query('api', AAAA, { edns: 900 }), query('x.y.z', PTR)),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 8 }),
      )
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    const any = fc.oneof(
      mutated,
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        const decision = decide(bytes, ['front', 'back'], names, 'udp', Math.random);
        if (decision.kind === 'answer') expect(decision.bytes.length).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 2000 },
    );
  });
  it('follows pointers backwards only, so that loops end', () => {
    const loop = Buffer.from([3, 0x61, 0x62, 0x63, 0xc0, 0x00]);
    expect(readName(loop, 0)).toBeUndefined();
    expect(readName(Buffer.from([0xc0, 0x00]), 0)).toBeUndefined();
    const pointer = Buffer.concat([encodeName('one.two'), Buffer.from([1, 0x78, 0xc0, 0x00])]);
    expect(readName(pointer, 9)).toEqual({ text: 'x.one.two', end: 13 });
  });
  it('escapes dots inside of labels', () => {
    expect(readName(Buffer.from([3, 0x61, 0x2e, 0x62, 0]), 0)!.text).toBe('a\\.b');
  });
  it('reads names back', () => {
    const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), (labels) => {
        const bytes = query(labels.join('.'), A);
        expect((parseQuery(bytes) as Query).name).toBe(labels.join('.'));
      }),
    );
  });
  it('never cuts a record in two', () => {
    const parsed = parseQuery(query('web', A)) as Query;
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 30 }), (list) => {
        const bytes = buildResponse(
          parsed,
          0,
          list.map((data) => ({ type: 99, data })),
          'udp',
        );
        const reply = read(bytes);
        expect(bytes.length).toBeLessThanOrEqual(512);
        expect(reply.truncated).toBe(reply.records.length < list.length);
      }),
    );
  });
});
