import type { NetlinkMessage } from './netlink-message.ts';
import type { NetworkHome } from './network-home.ts';

/** One netlink socket. Answers to requests are complete when send(2) returns, so nothing here waits for long. */
export interface NetlinkTransport {
  /** The namespace that is spoken to. */
  readonly home: NetworkHome;
  /** Sends one message and awaits its ACK. SystemCallError with the kernel's errno and its own words. */
  request(message: Uint8Array, what: string): void;
  /** The same, sent from another thread: for requests that keep the kernel busy (a bridge's deletion). */
  requestAsync(message: Uint8Array, what: string): Promise<void>;
  /** Sends a request and returns the messages of its answer, of a dump or a single object. */
  query(message: Uint8Array, what: string): NetlinkMessage[];
  /** Sends messages as one datagram (an nf_tables batch); throws the first error any of them met. */
  transact(messages: readonly Uint8Array[], what: string): void;
  close(): void;
}
