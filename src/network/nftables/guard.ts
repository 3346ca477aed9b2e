import { type NetlinkMessage, parseAttributes } from '../../sys/netlink-message.ts';
import { NETLINK_NETFILTER } from '../../sys/netlink-socket.ts';
import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { watchNetlink } from '../../sys/netlink-watch.ts';
import type { NetworkHome } from '../../sys/network-home.ts';
import type { Firewall } from './firewall.ts';
import { createForeignAccepts, type LinkMatch } from './foreign.ts';
import { NFT_MSG } from './messages.ts';

const NFNLGRP_NFTABLES = 7;
const NFTA_GEN_PROC_PID = 2;
/** A reload consists of many transactions; they are handled together. */
const SETTLE_MS = 50;

interface FirewallGuard {
  /** Adapts foreign chains to the present networks; watches as long as there are any. */
  check(): void;
  close(): void;
}

/**
 * Keeps containers' traffic working when another program changes the machine's firewall: adds the accepts to foreign
 * chains again after a reload, and our own table after a flush of it or of everything.
 */
export function guardFirewall(options: {
  readonly netfilter: NetlinkTransport;
  readonly firewall: Firewall;
  /** Links whose traffic must pass; none: no network is up. */
  readonly links: () => readonly LinkMatch[];
  readonly restore: () => void;
  readonly warn: (sentence: string) => void;
}): FirewallGuard {
  const { netfilter, firewall, warn } = options;
  const accepts = createForeignAccepts(netfilter, firewall.table);
  let watch: { close(): void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let warnedOfLegacy = false;

  /**
   * Rules of legacy iptables can't be seen through nf_tables; those who use it have to let containers' traffic pass
   * themselves.
   */
  function warnOfLegacy(): void {
    if (warnedOfLegacy) return;
    warnedOfLegacy = true;
    const tables = ['ip', 'ip6'].filter((family) =>
      readText(netfilter.home, `/proc/net/${family}_tables_names`).includes('filter'),
    );
    if (tables.length === 0) return;
    warn(
      `this machine uses iptables-legacy, whose rules are not checked: if its FORWARD chain drops, accept ${linkNames()} there`,
    );
  }

  const linkNames = () =>
    options
      .links()
      .map(({ name, prefix }) => name + (prefix ? '+' : ''))
      .join(', ');

  function check(): void {
    const links = options.links();
    if (links.length > 0) warnOfLegacy();
    try {
      accepts.ensure(links);
    } catch (error) {
      warn(`another firewall's chains could not be opened for containers: ${(error as Error).message}`);
    }
    if (links.length > 0)
      watch ??= watchNetlink(NETLINK_NETFILTER, NFNLGRP_NFTABLES, onMessages, netfilter.home);
    else stop();
  }

  function onMessages(messages: NetlinkMessage[] | 'lost'): void {
    if (messages !== 'lost' && !messages.some(isForeignChange)) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      lookAgain();
    }, SETTLE_MS).unref();
  }

  function lookAgain(): void {
    if (options.links().length === 0) return;
    try {
      if (!firewall.stands()) {
        options.restore();
        warn('the firewall table was removed or emptied by another program; it was put back');
      }
    } catch (error) {
      warn(`the firewall table could not be put back: ${(error as Error).message}`);
    }
    check();
  }

  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
    watch?.close();
    watch = undefined;
  }

  return { check, close: stop };
}

function readText(home: NetworkHome, path: string): string {
  try {
    return home.read(path);
  } catch {
    return '';
  }
}

/** Whether another process has made a new generation of the rule set. */
function isForeignChange({ type, body }: NetlinkMessage): boolean {
  if (type !== NFT_MSG.newGeneration) return false;
  const pid = parseAttributes(body.subarray(4)).get(NFTA_GEN_PROC_PID);
  return pid?.readUInt32BE(0) !== process.pid;
}
