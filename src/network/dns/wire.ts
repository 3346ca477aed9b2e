/** DNS messages (RFC 1035, EDNS: RFC 6891), as far as a server for host names needs them. */
export const TYPE_A = 1;
export const TYPE_PTR = 12;
export const TYPE_AAAA = 28;
const TYPE_OPT = 41;
const CLASS_IN = 1;
export const RCODE = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
} as const;
const HEADER = 12;
const MAX_NAME = 255;
/** The size that we accept over UDP, announced to clients with EDNS. */
const OWN_UDP_SIZE = 1232;

export interface Query {
  readonly bytes: Buffer;
  /** Lower case, without the final dot; '' is the root. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** End of the question section; every answer repeats the bytes from 12 to here. */
  readonly questionEnd: number;
  /** Largest answer that the client accepts over UDP. */
  readonly udpSize: number;
  readonly edns: boolean;
}

/**
 * Reads a query with exactly one question. Returns 'ignore' for what is not a query at all (too short, a response), or
 * the response code for its answer.
 */
export function parseQuery(bytes: Buffer): Query | number | 'ignore' {
  if (bytes.length < HEADER || (bytes[2]! & 0x80) !== 0) return 'ignore';
  if ((bytes[2]! & 0x78) !== 0) return RCODE.notImplemented;
  if (bytes.readUInt16BE(4) !== 1) return RCODE.formatError;
  const name = readName(bytes, HEADER);
  if (!name || name.end + 4 > bytes.length) return RCODE.formatError;
  const questionEnd = name.end + 4;
  const opt = findOpt(bytes, questionEnd);
  if (opt === undefined) return RCODE.formatError;
  return {
    bytes,
    name: name.text,
    type: bytes.readUInt16BE(name.end),
    class: bytes.readUInt16BE(name.end + 2),
    questionEnd,
    udpSize: Math.max(512, opt),
    edns: opt > 0,
  };
}

/**
 * Reads a name. Compression pointers may only lead backwards, so following them ends. A dot or backslash inside a label
 * is escaped, so that no such name equals one of ours.
 */
export function readName(bytes: Buffer, start: number): { text: string; end: number } | undefined {
  let at = start;
  let end = 0;
  let text = '';
  let limit = start;
  for (let length = 0; length <= MAX_NAME; ) {
    const size = bytes[at];
    if (size === undefined) return undefined;
    if (size === 0) return { text: text.toLowerCase(), end: end || at + 1 };
    if ((size & 0xc0) === 0xc0) {
      if (at + 1 >= bytes.length) return undefined;
      const target = ((size & 0x3f) << 8) | bytes[at + 1]!;
      if (target >= limit) return undefined;
      end ||= at + 2;
      limit = target;
      at = target;
      continue;
    }
    if (size > 63 || at + 1 + size > bytes.length) return undefined;
    const label = bytes.toString('latin1', at + 1, at + 1 + size);
    const safe = /[.\\]/.test(label) ? label.replace(/[.\\]/g, '\\$&') : label;
    text = text === '' ? safe : `${text}.${safe}`;
    at += 1 + size;
    length += 1 + size;
  }
  return undefined;
}

/** UDP size of the OPT record among the records after the question; 0 if there is none, undefined if malformed. */
function findOpt(bytes: Buffer, start: number): number | undefined {
  const count = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  let at = start;
  for (let index = 0; index < count; index++) {
    const name = readName(bytes, at);
    if (!name || name.end + 10 > bytes.length) return undefined;
    const next = name.end + 10 + bytes.readUInt16BE(name.end + 8);
    if (next > bytes.length) return undefined;
    if (bytes.readUInt16BE(name.end) === TYPE_OPT) return bytes.readUInt16BE(name.end + 2) || 512;
    at = next;
  }
  return 0;
}

interface Answer {
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * The response to a query: recursion available, every record for the question's name, TTL 0. Over UDP, records that do
 * not fit are omitted and TC is set.
 */
export function buildResponse(
  query: Query,
  rcode: number,
  answers: readonly Answer[],
  transport: 'udp' | 'tcp',
): Buffer {
  const limit = transport === 'tcp' ? 65535 : Math.min(query.udpSize, 4096);
  const optLength = query.edns ? 11 : 0;
  let room = limit - query.questionEnd - optLength;
  let count = 0;
  let length = 0;
  for (const answer of answers) {
    const size = 12 + answer.data.length;
    if (size > room) break;
    room -= size;
    length += size;
    count++;
  }
  const response = Buffer.allocUnsafe(query.questionEnd + length + optLength);
  query.bytes.copy(response, 0, 0, query.questionEnd);
  writeHeader(response, query.bytes, rcode, count < answers.length);
  response.writeUInt16BE(1, 4);
  response.writeUInt16BE(count, 6);
  response.writeUInt16BE(0, 8);
  response.writeUInt16BE(query.edns ? 1 : 0, 10);
  let at = query.questionEnd;
  for (let index = 0; index < count; index++) {
    const { type, data } = answers[index]!;
    // A pointer to the question's name.
    response.writeUInt16BE(0xc00c, at);
    response.writeUInt16BE(type, at + 2);
    response.writeUInt16BE(CLASS_IN, at + 4);
    response.writeUInt32BE(0, at + 6);
    response.writeUInt16BE(data.length, at + 10);
    response.set(data, at + 12);
    at += 12 + data.length;
  }
  if (query.edns) {
    response.fill(0, at);
    response.writeUInt16BE(TYPE_OPT, at + 1);
    response.writeUInt16BE(OWN_UDP_SIZE, at + 3);
  }
  return response;
}

/** A response with only a header, for queries whose question can't be read. */
export function buildHeaderOnly(query: Buffer, rcode: number): Buffer {
  const response = Buffer.alloc(HEADER);
  query.copy(response, 0, 0, 4);
  writeHeader(response, query, rcode, false);
  return response;
}

/** QR, opcode and RD from the query, TC, RA, code. */
function writeHeader(response: Buffer, query: Buffer, rcode: number, truncated: boolean): void {
  response[2] = 0x80 | (query[2]! & 0x79) | (truncated ? 0x02 : 0);
  response[3] = 0x80 | rcode;
}

/** A host name as labels. Labels that are too long for DNS are shortened. */
export function encodeName(name: string): Buffer {
  const parts: Buffer[] = [];
  let length = 1;
  for (const label of name.split('.').filter((part) => part !== '')) {
    const bytes = Buffer.from(label, 'latin1').subarray(0, 63);
    length += 1 + bytes.length;
    if (length > MAX_NAME) break;
    parts.push(Buffer.of(bytes.length), bytes);
  }
  return Buffer.concat([...parts, Buffer.of(0)]);
}

/** The address that a reverse name (`4.3.2.1.in-addr.arpa`, 32 nibbles under ip6.arpa) refers to. */
export function reverseAddress(name: string): { family: 4 | 6; value: bigint } | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (four) {
    const parts = four.slice(1).reverse().map(Number);
    if (parts.some((part) => part > 255)) return undefined;
    return { family: 4, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!six) return undefined;
  return { family: 6, value: BigInt(`0x${six[1]!.split('.').reverse().join('')}`) };
}
