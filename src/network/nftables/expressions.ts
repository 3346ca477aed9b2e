/**
 * nf_tables expressions: what a rule consists of. Registers are the 32-bit ones (numbers 8 to 23); a value longer than
 * four bytes also fills the following ones, which is how concatenated keys are built.
 */
import { attribute, be32, nested, text } from '../../sys/netlink-message.ts';
import { type Expression, VERDICT } from './messages.ts';

/** First of the sixteen 32-bit registers. */
export const REGISTER = 8;
const REGISTER_VERDICT = 0;

const META = { iifname: 6, oifname: 7, nfproto: 15, l4proto: 16 } as const;
const CT = { state: 0, status: 2 } as const;
const CT_ESTABLISHED_OR_RELATED = 2 | 4;
const CT_STATUS_DNAT = 0x20;
const RTN_LOCAL = 2;

/** Loads a fact about the packet into a register. */
export const meta = (key: keyof typeof META, register = REGISTER): Expression => ({
  name: 'meta',
  attributes: [be32(1, register), be32(2, META[key])],
});

const compare =
  (operation: number) =>
  (value: Uint8Array, register = REGISTER): Expression => ({
    name: 'cmp',
    attributes: [be32(1, register), be32(2, operation), nested(3, attribute(1, value))],
  });

/** Continues only when the register contains these bytes. */
export const equal = compare(0);
/** Continues only when it contains other bytes. */
export const notEqual = compare(1);

/** Loads header bytes; base 1 = network header, 2 = transport header. */
const payload = (base: number, offset: number, length: number, register: number): Expression => ({
  name: 'payload',
  attributes: [be32(1, register), be32(2, base), be32(3, offset), be32(4, length)],
});

/** Loads the IPv4 source address. */
export const sourceAddress4 = (register = REGISTER): Expression => payload(1, 12, 4, register);

/** Loads the IPv4 destination address. */
export const destinationAddress4 = (register = REGISTER): Expression => payload(1, 16, 4, register);

/** Loads the IPv6 source address. */
export const sourceAddress6 = (register = REGISTER): Expression => payload(1, 8, 16, register);

/** Loads the IPv6 destination address. */
export const destinationAddress6 = (register = REGISTER): Expression => payload(1, 24, 16, register);

/** Loads the destination port (at the same offset in TCP and UDP). */
export const destinationPort = (register = REGISTER): Expression => payload(2, 2, 2, register);

/** `register & mask`, in place. */
export const and = (mask: Uint8Array, register = REGISTER): Expression => ({
  name: 'bitwise',
  attributes: [
    be32(1, register),
    be32(2, register),
    be32(3, mask.length),
    nested(4, attribute(1, mask)),
    nested(5, attribute(1, new Uint8Array(mask.length))),
  ],
});

/** Ends the rule unless the key is (with `invert`: is not) in the set. */
export const inSet = (set: string, invert = false, register = REGISTER): Expression => ({
  name: 'lookup',
  attributes: [text(1, set), be32(2, register), ...(invert ? [be32(5, 1)] : [])],
});

/** Loads the value of the key into `to`, or ends the rule. */
export const fromMap = (map: string, register = REGISTER, to = REGISTER): Expression => ({
  name: 'lookup',
  attributes: [text(1, map), be32(2, register), be32(3, to)],
});

/** Uses the verdict for the key in a verdict map. */
export const verdictFromMap = (map: string, register = REGISTER): Expression =>
  fromMap(map, register, REGISTER_VERDICT);

/** Ends the rule with a verdict; `chain` is the target of `jump` and `goto`. */
export const verdict = (code: keyof typeof VERDICT, chain?: string): Expression => ({
  name: 'immediate',
  attributes: [
    be32(1, REGISTER_VERDICT),
    nested(2, nested(2, be32(1, VERDICT[code]), ...(chain ? [text(2, chain)] : []))),
  ],
});

/** Puts a constant into registers. */
export const load = (value: Uint8Array, register = REGISTER): Expression => ({
  name: 'immediate',
  attributes: [be32(1, register), nested(2, attribute(1, value))],
});

/** Counts packets and bytes. */
export const counter = (): Expression => ({ name: 'counter', attributes: [] });

/** The bits of a conntrack field, in host byte order. */
const conntrackBits = (key: keyof typeof CT, bits: number): Expression[] => {
  const mask = new Uint8Array(Uint32Array.of(bits).buffer);
  return [
    { name: 'ct', attributes: [be32(1, REGISTER), be32(2, CT[key])] },
    and(mask),
    notEqual(new Uint8Array(4)),
  ];
};

/** The packet belongs to a known connection. */
export const established = (): Expression[] => conntrackBits('state', CT_ESTABLISHED_OR_RELATED);

/** The connection's destination was rewritten. */
export const destinationTranslated = (): Expression[] => conntrackBits('status', CT_STATUS_DNAT);

/** The packet's destination is an address of this machine. */
export const destinationIsLocal = (): Expression[] => [
  { name: 'fib', attributes: [be32(1, REGISTER), be32(2, 3), be32(3, 2)] },
  equal(new Uint8Array(Uint32Array.of(RTN_LOCAL).buffer)),
];

/** The packet is of this IP version. */
export const isFamily = (family: 4 | 6): Expression[] => [
  meta('nfproto'),
  equal(Uint8Array.of(family === 4 ? 2 : 10)),
];

/** Destination NAT to the IPv4 address and port in two registers. */
export const dnat4 = (addressRegister: number, portRegister: number): Expression => ({
  name: 'nat',
  attributes: [be32(1, 1), be32(2, 2), be32(3, addressRegister), be32(5, portRegister)],
});

/** Rewrites the source address to that of the link the packet leaves by. */
export const masquerade = (): Expression => ({ name: 'masq', attributes: [] });
