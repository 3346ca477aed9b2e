import type { FirewallFacts } from '../../doctor/facts.ts';
import { names, output, program, text, writable } from './machine.ts';

/** Other firewalls. Their programs are only asked about what is loaded already, because a listing would load it. */
export async function readFirewalls(uid: number, path: string | undefined): Promise<FirewallFacts> {
  const nft = uid === 0 ? program('nft', path) : undefined;
  const legacy = uid === 0 ? program('iptables-legacy', path) : undefined;
  const tables = text('/proc/net/ip_tables_names').split('\n');
  const [chains, legacyForward] = await Promise.all([
    nft && output(nft, ['-j', 'list', 'chains']),
    legacy && tables.includes('filter') ? output(legacy, ['-S', 'FORWARD']) : undefined,
  ]);
  return {
    forward: text('/proc/sys/net/ipv4/ip_forward').trim(),
    settable: writable('/proc/sys/net/ipv4/ip_forward'),
    bridgeCalls: text('/proc/sys/net/bridge/bridge-nf-call-iptables').trim(),
    chains,
    legacyForward,
    firewalld: names('/proc').some(
      (pid) => /^\d+$/.test(pid) && text(`/proc/${pid}/comm`).trim() === 'firewalld',
    ),
    ufw: /^ENABLED=yes/m.test(text('/etc/ufw/ufw.conf')),
  };
}
