import type { FirewallFacts } from '../facts.ts';
import { type Finding, limited, missing, ok } from '../finding.ts';
import { type Ground, sysctl } from '../ground.ts';

/** Other firewalls. A rootless engine's networks are in a separate namespace, to which the machine's rules don't apply. */
export function firewallFindings(facts: FirewallFacts, ground: Ground): readonly Finding[] {
  if (ground.uid !== 0) {
    const who = named(facts);
    return [
      ok(
        'firewall.others',
        who === undefined
          ? 'the rules of this machine do not affect traffic between containers'
          : `${who} runs; it decides who reaches published ports, and nothing between containers`,
      ),
    ];
  }
  return [forwarding(facts, ground), ...bridged(facts, ground), legacy(facts), others(facts)];
}

const named = ({ firewalld, ufw }: FirewallFacts): string | undefined =>
  firewalld ? 'firewalld' : ufw ? 'ufw' : undefined;

function forwarding({ forward, settable }: FirewallFacts, ground: Ground): Finding {
  if (forward === '1') return ok('firewall.forwarding', 'net.ipv4.ip_forward is on');
  if (settable)
    return ok(
      'firewall.forwarding',
      'net.ipv4.ip_forward is off; the engine switches it on with its first network',
    );
  return missing(
    'firewall.forwarding',
    'net.ipv4.ip_forward is off and cannot be set from here: containers reach nothing outside, and published ports do not reach them',
    sysctl(ground, 'net.ipv4.ip_forward', 1),
  );
}

/** With br_netfilter, traffic between containers of one network also passes the machine's forward rules. */
function bridged({ bridgeCalls, legacyForward }: FirewallFacts, ground: Ground): readonly Finding[] {
  if (bridgeCalls !== '1' || !drops(legacyForward)) return [];
  return [
    limited(
      'firewall.bridged',
      'iptables sees traffic between containers of one network (net.bridge.bridge-nf-call-iptables is 1), and drops it',
      sysctl(ground, 'net.bridge.bridge-nf-call-iptables', 0),
    ),
  ];
}

const drops = (rules: string | undefined): boolean =>
  rules !== undefined && /^-P FORWARD DROP|^-A FORWARD -j (DROP|REJECT)/m.test(rules);

/** The engine adds accepts to nf_tables chains, but can't add them to those of legacy iptables. */
function legacy({ legacyForward }: FirewallFacts): Finding {
  if (legacyForward === undefined) return ok('firewall.legacy', 'no rules of iptables-legacy');
  if (!drops(legacyForward) || /^-A FORWARD -i tc\+ -j ACCEPT/m.test(legacyForward))
    return ok('firewall.legacy', 'iptables-legacy lets forwarded packets pass');
  return limited(
    'firewall.legacy',
    'iptables-legacy drops forwarded packets: containers reach nothing outside, and published ports reach only from this machine',
    'iptables-legacy -I FORWARD -i tc+ -j ACCEPT && iptables-legacy -I FORWARD -o tc+ -j ACCEPT',
  );
}

function others(facts: FirewallFacts): Finding {
  const chains = droppingChains(facts.chains);
  const who = named(facts);
  if (chains.length === 0)
    return ok(
      'firewall.others',
      who === undefined ? 'no other firewall drops forwarded packets' : `${who} runs`,
    );
  return ok(
    'firewall.others',
    `${who ?? 'another firewall'} drops forwarded packets (${chains.join(', ')}); the engine puts accepts for its links there`,
  );
}

interface NftChain {
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

/** Foreign chains at the forward hook whose policy is drop, from the output of `nft -j list chains`. */
function droppingChains(json: string | undefined): readonly string[] {
  if (json === undefined) return [];
  try {
    const { nftables = [] } = JSON.parse(json) as { nftables?: readonly { chain?: NftChain }[] };
    return nftables.flatMap(({ chain }) =>
      chain?.hook === 'forward' && chain.policy === 'drop' && !chain.table.startsWith('tcompose_')
        ? [`${chain.table} ${chain.name}`]
        : [],
    );
  } catch {
    return [];
  }
}
