import type { Exchange } from './exchange.ts';

/** The part of an exchange that depends on how its request arrived. */
export type Channel = Pick<
  Exchange,
  'body' | 'signal' | 'json' | 'send' | 'stream' | 'hijack' | 'takeOver'
> & {
  answered(): boolean;
  abort(): void;
  /** Calls back once, when the connection has nothing more to do for this request. */
  whenDone(callback: () => void): void;
};
