import type { NetworkFacts, ProbeStep } from '../facts.ts';
import { type Finding, missing, ok } from '../finding.ts';
import { asRoot, type Ground } from '../ground.ts';
import { refused } from './probe.ts';

const things: Readonly<Partial<Record<ProbeStep, { readonly name: string; readonly modules: string }>>> = {
  bridge: { name: 'bridges', modules: 'bridge' },
  veth: { name: 'pairs of links (veth)', modules: 'veth' },
  nft: { name: 'tables of nf_tables', modules: 'nf_tables' },
  nat: { name: 'address translation (nf_tables nat)', modules: 'nft_chain_nat nft_nat nft_masq' },
};

/** The parts of networks. Without a network namespace nothing was probed, and `namespaces` reports that. */
export function networkFindings({ probe }: NetworkFacts, ground: Ground): readonly Finding[] {
  if (probe === undefined || probe.net !== 0) return [];
  const lost = refused(probe, ['bridge', 'veth', 'nft', 'nat']);
  if (lost.length === 0) return [ok('networks.kernel', 'bridges, links and nf_tables can be made')];
  return lost.map(({ step, why }) =>
    missing(
      'networks.kernel',
      `${things[step]!.name} cannot be made (${why}): networks between containers need them`,
      asRoot(ground, `modprobe -a ${things[step]!.modules}`),
    ),
  );
}
