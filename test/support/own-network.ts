import { setLinkUp } from '../../src/network/netlink/links.ts';
import { declare } from '../../src/sys/libc.ts';
import { NETLINK_ROUTE, openNetlink } from '../../src/sys/netlink-socket.ts';

const CLONE_NEWNET = 0x40000000;
const LOOPBACK_INDEX = 1;
let entered = false;

/**
 * Takes this process, and with it every engine and command it starts from now on, into a network namespace of its own
 * for good: ports in use, subnets, links and firewall tables of the machine and of other test runs have no part in the
 * test. Only for tiers whose files have a process each; call it before anything opens a socket. Without the right to
 * do so (no root) nothing happens: tests that need root are skipped then.
 */
export function enterOwnNetwork(): void {
  if (entered || process.getuid?.() !== 0) return;
  entered = true;
  const unshare = declare('int unshare(int flags)');
  if (unshare(CLONE_NEWNET) < 0) {
    console.log('the tests use the network of the machine: a network namespace could not be made');
    return;
  }
  const netlink = openNetlink(NETLINK_ROUTE);
  try {
    netlink.request(setLinkUp(LOOPBACK_INDEX), 'bring up lo');
  } finally {
    netlink.close();
  }
}
