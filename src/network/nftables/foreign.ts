/**
 * Other firewalls on the machine. A chain that drops at the forward hook drops containers' traffic whatever our own
 * table says, since every base chain must let a packet pass. If one does, two accepts by interface name are put at its
 * head, marked with a comment; our own table still decides what may pass.
 */
import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { counter, equal, meta, verdict } from './expressions.ts';
import type { Expression } from './messages.ts';
import {
  addRule,
  batch,
  type Chain,
  deleteRule,
  dumpChains,
  dumpRules,
  HOOK,
  NFPROTO,
  parseChains,
  type Rule,
  VERDICT,
} from './messages.ts';
import { parseRules } from './rules.ts';

/** `tc1a2b3c4d+` for all links with a prefix, or a link's full name. */
export interface LinkMatch {
  readonly name: string;
  readonly prefix: boolean;
}

const families: readonly number[] = [NFPROTO.inet, NFPROTO.ipv4, NFPROTO.ipv6];

/** Rules that drop or reject everything that reaches them: `policy drop` in the form of a rule. */
const drops = (rule: Rule) =>
  rule.verdict === VERDICT.drop ||
  rule.expressions.includes('reject') ||
  rule.target === 'DROP' ||
  rule.target === 'REJECT';

/**
 * Chains that need our accepts: for every foreign filter chain that drops at the forward hook, the chain itself, or
 * DOCKER-USER of the same table, to which Docker jumps first and which it leaves alone.
 */
export function chainsToOpen(
  chains: readonly Chain[],
  ownTable: string,
  rulesOf: (chain: Chain) => readonly Rule[],
): Chain[] {
  const opened: Chain[] = [];
  for (const chain of chains) {
    if (chain.hook !== HOOK.forward || chain.type !== 'filter') continue;
    if (!families.includes(chain.family) || /^tcompose_/.test(chain.table)) continue;
    if (chain.table === ownTable) continue;
    if (chain.policy !== VERDICT.drop && !rulesOf(chain).some(drops)) continue;
    const user = chains.find(
      (other) => other.name === 'DOCKER-USER' && other.table === chain.table && other.family === chain.family,
    );
    opened.push(user ?? chain);
  }
  return opened;
}

/** In the form that iptables itself uses for `-i NAME -j ACCEPT`, so that its listings still understand the chain. */
function accepts(link: LinkMatch): Expression[][] {
  const bytes = Buffer.from(link.prefix ? link.name : `${link.name}\0`);
  return (['iifname', 'oifname'] as const).map((side) => [
    meta(side, 1),
    equal(bytes, 1),
    counter(),
    verdict('accept'),
  ]);
}

interface ForeignAccepts {
  /**
   * Adds the accepts where they are needed and missing, and removes them where they are not needed. True: something was
   * changed.
   */
  ensure(links: readonly LinkMatch[]): boolean;
  /** Removes all of ours. */
  remove(): void;
}

/** Accepts in other firewalls' chains; they contain the name of `ownTable`, by which they are found again. */
export function createForeignAccepts(netfilter: NetlinkTransport, ownTable: string): ForeignAccepts {
  const readRules = (chain: Chain) =>
    parseRules(netfilter.query(dumpRules(chain, chain.name), `list rules of ${chain.name}`));
  const commentOf = (link: LinkMatch) => `${ownTable} ${link.name}${link.prefix ? '+' : ''}`;
  const isOurs = (rule: Rule) => rule.comment.startsWith(`${ownTable} `);

  function ensure(links: readonly LinkMatch[]): boolean {
    const chains = parseChains(netfilter.query(dumpChains(), 'list chains'));
    const foreign = chains.filter(
      (chain) => families.includes(chain.family) && !/^tcompose_/.test(chain.table),
    );
    const cache = new Map<Chain, Rule[]>();
    const rulesOf = (chain: Chain) => {
      const known = cache.get(chain) ?? readRules(chain);
      cache.set(chain, known);
      return known;
    };
    const withoutOurs = (chain: Chain) => rulesOf(chain).filter((rule) => !isOurs(rule));
    const wanted = new Set(links.length > 0 ? chainsToOpen(foreign, ownTable, withoutOurs) : []);
    // Each is added at the head, so the last one added comes first.
    const additions = links.flatMap((link) =>
      accepts(link).map((expressions) => ({ expressions, comment: commentOf(link) })),
    );
    const expected = additions.map(({ comment }) => comment).reverse();
    let changed = false;
    for (const chain of foreign) {
      if (chain.hook !== HOOK.forward && chain.name !== 'DOCKER-USER' && !wanted.has(chain)) continue;
      const rules = rulesOf(chain);
      const ours = rules.filter(isOurs);
      const right =
        ours.length === (wanted.has(chain) ? expected.length : 0) &&
        ours.every((rule, index) => rule === rules[index] && rule.comment === expected[index]);
      if (right) continue;
      const deletions = ours.map(({ handle }) => deleteRule(chain, { chain: chain.name, handle }));
      const fresh = wanted.has(chain)
        ? additions.map((rule) => addRule(chain, { chain: chain.name, first: true, ...rule }))
        : [];
      netfilter.transact(batch([...deletions, ...fresh]), `accept rules in ${chain.table} ${chain.name}`);
      changed = true;
    }
    return changed;
  }

  return { ensure, remove: () => void ensure([]) };
}
