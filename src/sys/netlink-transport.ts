import type { NetlinkMessage } from './netlink-message.ts';
import type { NetworkHome } from './network-home.ts';

/** One netlink socket. Answers to requests are complete when send(2) returns, so nothing here waits for long. */
export interface NetlinkTransport {
  /** The network namespace that the socket belongs to. */
  readonly home: NetworkHome;
  /** Sends one message and awaits its ACK. Throws SystemCallError with the kernel's errno and message. */
  request(message: Uint8Array, what: string): void;
  /** Like `request`, but sent from another thread: for requests that keep the kernel busy (deleting a bridge). */
  requestAsync(message: Uint8Array, what: string): Promise<void>;
  /** Sends a request, for a dump or a single object, and returns the messages of the answer. */
  query(message: Uint8Array, what: string): NetlinkMessage[];
  /** Sends messages as one datagram (an nf_tables batch); throws the first error that any of them caused. */
  transact(messages: readonly Uint8Array[], what: string): void;
  close(): void;
}
