import type { Exchange } from './exchange.ts';

/** The part of an exchange that depends on how its request came in. */
export type Channel = Pick<
  Exchange,
  'body' | 'signal' | 'json' | 'send' | 'stream' | 'hijack' | 'takeOver'
> & {
  answered(): boolean;
  abort(): void;
  /** Calls back once, when the connection has nothing more to do with this request. */
  whenDone(callback: () => void): void;
};
