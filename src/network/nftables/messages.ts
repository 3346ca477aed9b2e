/** nf_tables messages (linux/netfilter/nf_tables.h). Integers are big endian, lists are NFTA_LIST_ELEM attributes. */
import {
  attribute,
  be32,
  be64,
  message,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_DUMP,
  nested,
  parseAttributes,
  readText,
  text,
} from '../../sys/netlink-message.ts';

const SUBSYSTEM = 10 << 8;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFNL_SUBSYS_NFTABLES = 10;

/** A part of a rule, by the kernel's name for its kind. */
export interface Expression {
  readonly name: string;
  readonly attributes: readonly Buffer[];
}

/** Types of messages (linux/netfilter/nf_tables.h). */
export const NFT_MSG = {
  newTable: SUBSYSTEM | 0,
  deleteTable: SUBSYSTEM | 2,
  getTable: SUBSYSTEM | 1,
  newChain: SUBSYSTEM | 3,
  getChain: SUBSYSTEM | 4,
  newRule: SUBSYSTEM | 6,
  getRule: SUBSYSTEM | 7,
  deleteRule: SUBSYSTEM | 8,
  newSet: SUBSYSTEM | 9,
  newElements: SUBSYSTEM | 12,
  deleteElements: SUBSYSTEM | 14,
  newGeneration: SUBSYSTEM | 15,
} as const;

/** Table families (linux/netfilter.h). */
export const NFPROTO = { unspecified: 0, inet: 1, ipv4: 2, bridge: 7, ipv6: 10 } as const;

/** Hooks of the inet family (linux/netfilter.h). */
export const HOOK = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

/** Verdicts (linux/netfilter.h, linux/netfilter/nf_tables.h). */
export const VERDICT = { drop: 0, accept: 1, continue: -1, jump: -3, goto: -4, return: -5 } as const;

const TABLE_USERDATA = 6;
const SET_INTERVAL = 0x4;
const SET_MAP = 0x8;
const DATA_TYPE_VERDICT = 0xffffff00;
const ELEMENT_INTERVAL_END = 1;

/** nft(8)'s numbers for data types: the kernel only needs lengths, but `nft list` needs these to print. */
export const TYPE = { ipv4: 7, ipv6: 8, protocol: 12, port: 13, interface: 41 } as const;
/** A concatenation's number: six bits for each part. */
export const concatenation = (...types: readonly number[]): number =>
  types.reduce((sum, type) => sum * 64 + type, 0);

function nfgenmsg(family: number, resource = 0): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(family, 0);
  header.writeUInt16BE(resource, 2);
  return header;
}

/** Wraps messages into one atomic transaction. The last one requests the ACK. */
export function batch(messages: readonly Buffer[]): Buffer[] {
  const last = messages.length - 1;
  const asking = messages.map((bytes, index) => {
    if (index !== last) return bytes;
    const copy = Buffer.from(bytes);
    copy.writeUInt16LE(copy.readUInt16LE(6) | NLM_F_ACK, 6);
    return copy;
  });
  return [
    message(NFNL_MSG_BATCH_BEGIN, 0, nfgenmsg(0, NFNL_SUBSYS_NFTABLES), []),
    ...asking,
    message(NFNL_MSG_BATCH_END, 0, nfgenmsg(0, NFNL_SUBSYS_NFTABLES), []),
  ];
}

export interface TableName {
  readonly family: number;
  readonly table: string;
}

/** Adds a table; an existing one is not an error. A comment has at most 253 bytes; older kernels drop it. */
export const addTable = ({ family, table }: TableName, comment?: string): Buffer =>
  message(NFT_MSG.newTable, NLM_F_CREATE, nfgenmsg(family), [
    text(1, table),
    ...(comment === undefined ? [] : [attribute(TABLE_USERDATA, commentBytes(comment))]),
  ]);

/** Deletes a table and everything in it. ENOENT when there is none. */
export const deleteTable = ({ family, table }: TableName): Buffer =>
  message(NFT_MSG.deleteTable, 0, nfgenmsg(family), [text(1, table)]);

/** A base chain with policy accept. */
export const addBaseChain = (
  { family, table }: TableName,
  chain: { name: string; type: 'filter' | 'nat' | 'route'; hook: number; priority: number; policy?: number },
): Buffer =>
  message(NFT_MSG.newChain, NLM_F_CREATE, nfgenmsg(family), [
    text(1, table),
    text(3, chain.name),
    nested(4, be32(1, chain.hook), be32(2, chain.priority)),
    be32(5, chain.policy ?? VERDICT.accept),
    text(7, chain.type),
  ]);

/** A rule at the end of its chain, or with `first` at its head. The comment shows in `nft` and `iptables` listings. */
export const addRule = (
  { family, table }: TableName,
  rule: { chain: string; expressions: readonly Expression[]; comment?: string; first?: boolean },
): Buffer =>
  message(NFT_MSG.newRule, NLM_F_CREATE | (rule.first ? 0 : NLM_F_APPEND), nfgenmsg(family), [
    text(1, table),
    text(2, rule.chain),
    nested(
      4,
      ...rule.expressions.map(({ name, attributes }) => nested(1, text(1, name), nested(2, ...attributes))),
    ),
    ...(rule.comment ? [attribute(7, commentBytes(rule.comment))] : []),
  ]);

/** User data of rules and tables: type 0 (comment), length, NUL-terminated text. */
function commentBytes(comment: string): Buffer {
  const bytes = Buffer.from(`${comment}\0`);
  return Buffer.concat([Uint8Array.of(0, bytes.length), bytes]);
}

/** Deletes the rule with this handle. */
export const deleteRule = ({ family, table }: TableName, rule: { chain: string; handle: bigint }): Buffer =>
  message(NFT_MSG.deleteRule, 0, nfgenmsg(family), [
    text(1, table),
    text(2, rule.chain),
    be64(3, rule.handle),
  ]);

export interface SetSpec {
  readonly name: string;
  readonly keyType: number;
  readonly keyLength: number;
  readonly interval?: boolean;
  /** The key is not in network byte order (link names); only `nft list` needs to know this. */
  readonly hostByteOrder?: boolean;
  /** Makes it a map: to values of this type and length, or to verdicts. */
  readonly data?: { readonly type: number; readonly length: number } | 'verdict';
}

/** Set user data: type 0 (key byte order), length, u32 1 = host. */
const HOST_BYTE_ORDER = Uint8Array.of(0, 4, 1, 0, 0, 0);

/** A set or map; `id` identifies it within the batch. */
export function addSet({ family, table }: TableName, set: SetSpec, id: number): Buffer {
  const flags = (set.interval ? SET_INTERVAL : 0) | (set.data ? SET_MAP : 0);
  const data =
    set.data === 'verdict'
      ? [be32(6, DATA_TYPE_VERDICT), be32(7, 0)]
      : set.data
        ? [be32(6, set.data.type), be32(7, set.data.length)]
        : [];
  return message(NFT_MSG.newSet, NLM_F_CREATE, nfgenmsg(family), [
    text(1, table),
    text(2, set.name),
    be32(3, flags),
    be32(4, set.keyType),
    be32(5, set.keyLength),
    ...data,
    be32(10, id),
    ...(set.hostByteOrder ? [attribute(13, HOST_BYTE_ORDER)] : []),
  ]);
}

export interface SetElement {
  readonly key: Uint8Array;
  /** Interval sets: this key is the first one after the interval. */
  readonly intervalEnd?: boolean;
  readonly data?: Uint8Array;
  readonly verdict?: number;
}

function elementList(
  { family, table }: TableName,
  type: number,
  set: string,
  elements: readonly SetElement[],
) {
  const list = elements.map((element) =>
    nested(
      1,
      nested(1, attribute(1, element.key)),
      ...(element.data ? [nested(2, attribute(1, element.data))] : []),
      ...(element.verdict === undefined ? [] : [nested(2, nested(2, be32(1, element.verdict)))]),
      ...(element.intervalEnd ? [be32(3, ELEMENT_INTERVAL_END)] : []),
    ),
  );
  const flags = type === NFT_MSG.newElements ? NLM_F_CREATE : 0;
  return message(type, flags, nfgenmsg(family), [text(2, set), text(1, table), nested(3, ...list)]);
}

/** Existing elements with the same data are no error; different data gives EEXIST or EBUSY. */
export const addElements = (table: TableName, set: string, elements: readonly SetElement[]): Buffer =>
  elementList(table, NFT_MSG.newElements, set, elements);

/** ENOENT when one of them does not exist. */
export const deleteElements = (table: TableName, set: string, elements: readonly SetElement[]): Buffer =>
  elementList(table, NFT_MSG.deleteElements, set, elements);

/** Requests all tables; parseTables reads the answer. */
export const dumpTables = (): Buffer =>
  message(NFT_MSG.getTable, NLM_F_DUMP, nfgenmsg(NFPROTO.unspecified), []);

/** Requests the chains of all tables; parseChains reads the answer. */
export const dumpChains = (): Buffer =>
  message(NFT_MSG.getChain, NLM_F_DUMP, nfgenmsg(NFPROTO.unspecified), []);

/** Requests the rules of all chains of a table. */
export const dumpTableRules = ({ family, table }: TableName): Buffer =>
  message(NFT_MSG.getRule, NLM_F_DUMP, nfgenmsg(family), [text(1, table)]);

/** Requests a chain's rules. */
export const dumpRules = ({ family, table }: TableName, chain: string): Buffer =>
  message(NFT_MSG.getRule, NLM_F_DUMP, nfgenmsg(family), [text(1, table), text(2, chain)]);

export interface TableInfo extends TableName {
  readonly comment: string;
}

/** The tables of an answer to dumpTables. */
export function parseTables(messages: readonly NetlinkMessage[]): TableInfo[] {
  return messages
    .filter(({ type }) => type === NFT_MSG.newTable)
    .map(({ body }) => {
      const attributes = parseAttributes(body.subarray(4));
      const userdata = attributes.get(TABLE_USERDATA);
      return {
        family: body[0]!,
        table: readText(attributes.get(1)),
        comment: userdata?.[0] === 0 ? readText(userdata.subarray(2, 2 + (userdata[1] ?? 0))) : '',
      };
    });
}

export interface Chain extends TableName {
  readonly name: string;
  readonly type: string;
  /** Only for base chains. */
  readonly hook?: number;
  readonly policy?: number;
}

/** The chains of an answer to dumpChains. */
export function parseChains(messages: readonly NetlinkMessage[]): Chain[] {
  return messages
    .filter(({ type }) => type === NFT_MSG.newChain)
    .map(({ body }) => {
      const attributes = parseAttributes(body.subarray(4));
      const hook = attributes.get(4);
      const policy = attributes.get(5);
      return {
        family: body[0]!,
        table: readText(attributes.get(1)),
        name: readText(attributes.get(3)),
        type: readText(attributes.get(7)),
        ...(hook ? { hook: parseAttributes(hook).get(1)!.readUInt32BE(0) } : {}),
        ...(policy ? { policy: policy.readUInt32BE(0) } : {}),
      };
    });
}

export interface Rule {
  readonly handle: bigint;
  readonly comment: string;
  /** Names of its expressions, and the verdict of an immediate one. */
  readonly expressions: readonly string[];
  readonly verdict?: number;
  /** Name of an xtables target (`DROP`, `REJECT`), in rules that iptables made. */
  readonly target?: string;
}
