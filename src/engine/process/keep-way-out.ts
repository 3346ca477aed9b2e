import type { NetlinkMessage } from '../../sys/netlink-message.ts';
import { watchNetlink } from '../../sys/netlink-watch.ts';
import type { EngineLog } from '../log-sink.ts';
import type { RootlessPrivilege } from './privilege.ts';
import { hasDefaultRoute } from './way-out-command.ts';

const NETLINK_ROUTE = 0;
const RTNLGRP_LINK = 1;
const RTM_DELLINK = 17;
/** Milliseconds before a program that has ended is started again: the first time, and at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 60_000;

/**
 * Opens the way out again when its program has ended (killed, or for want of memory): its link goes with it, whoever started it. A way out
 * that can't be opened is tried again after ever longer pauses, and said once.
 */
export function keepWayOut(
  { home }: Pick<RootlessPrivilege, 'home'>,
  open: () => Promise<string | undefined>,
  log: Pick<EngineLog, 'warn'>,
): void {
  let waiting = false;
  let pause = FIRST_PAUSE;
  let said: string | undefined;

  const isOpen = (): boolean => hasDefaultRoute(home.read('/proc/net/route'));

  async function again(): Promise<void> {
    waiting = false;
    try {
      if (isOpen()) return;
    } catch {
      return; // The namespace's holder is gone, and with it the way out: the next command says so.
    }
    pause = Math.min(pause * 2, LONGEST_PAUSE);
    const notice = await open().catch((error: Error) => error.message);
    const sentence =
      notice ?? 'the program that leads containers out of this machine had ended, and was started again';
    if (sentence !== said || notice === undefined) log.warn(sentence);
    said = notice;
    if (notice !== undefined) soon();
    else setTimeout(() => (pause = FIRST_PAUSE), LONGEST_PAUSE).unref();
  }

  function soon(): void {
    if (waiting) return;
    waiting = true;
    setTimeout(() => void again(), pause).unref();
  }

  const onMessages = (messages: readonly NetlinkMessage[] | 'lost'): void => {
    if (messages === 'lost' || messages.some(({ type }) => type === RTM_DELLINK)) soon();
  };
  watchNetlink(NETLINK_ROUTE, RTNLGRP_LINK, onMessages, home);
}
