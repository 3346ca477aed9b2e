import type { NameTable } from './names.ts';
import {
  buildHeaderOnly,
  buildResponse,
  encodeName,
  parseQuery,
  type Query,
  RCODE,
  reverseAddress,
  TYPE_A,
  TYPE_AAAA,
  TYPE_PTR,
} from './wire.ts';

const CLASS_IN = 1;

/** What to do with a query: send these bytes, ask an upstream server, or nothing. */
export type Decision =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  | { readonly kind: 'forward'; readonly query: Query }
  | { readonly kind: 'ignore' };

/**
 * Decides about one query of a container that is on the networks in `scope`. `random` gives numbers in [0, 1) for the
 * order of replicas, `links` has the container's own names for others. For a name of ours, a type without records gives
 * NOERROR: an NXDOMAIN for AAAA would make resolvers discard the A answer too.
 */
export function decide(
  bytes: Buffer,
  scope: readonly string[],
  names: NameTable,
  transport: 'udp' | 'tcp',
  random: () => number,
  links?: ReadonlyMap<string, string>,
): Decision {
  const query = parseQuery(bytes);
  if (query === 'ignore') return { kind: 'ignore' };
  if (typeof query === 'number') return { kind: 'answer', bytes: buildHeaderOnly(bytes, query) };
  const respond = (rcode: number, type: number, data: readonly Uint8Array[]): Decision => ({
    kind: 'answer',
    bytes: buildResponse(
      query,
      rcode,
      data.map((item) => ({ type, data: item })),
      transport,
    ),
  });
  if (query.class !== CLASS_IN) return { kind: 'forward', query };
  if (query.type === TYPE_PTR) {
    const address = reverseAddress(query.name);
    const name = address && names.reverse(scope, address.family, address.value);
    if (name === null) return respond(RCODE.nameError, TYPE_PTR, []);
    if (name) return respond(RCODE.noError, TYPE_PTR, [encodeName(name)]);
    return { kind: 'forward', query };
  }
  const found = names.lookup(scope, links?.get(query.name) ?? query.name);
  if (!found) return { kind: 'forward', query };
  if (query.type === TYPE_A) return respond(RCODE.noError, TYPE_A, shuffle(found.ipv4, random));
  if (query.type === TYPE_AAAA) return respond(RCODE.noError, TYPE_AAAA, shuffle(found.ipv6, random));
  return respond(RCODE.noError, query.type, []);
}

/** Fisher-Yates, in place: the list belongs to the lookup. */
function shuffle<T>(list: T[], random: () => number): T[] {
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    const kept = list[index]!;
    list[index] = list[other]!;
    list[other] = kept;
  }
  return list;
}
