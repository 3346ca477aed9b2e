import type { Extensions } from './extensions.ts';

/** How to find out whether a container is healthy. */
export interface Healthcheck {
  /** Head is `CMD`, `CMD-SHELL` or `NONE`. */
  readonly test?: readonly string[];
  /** Nanoseconds. */
  readonly timeout?: number;
  /** Nanoseconds. */
  readonly interval?: number;
  readonly retries?: number;
  /** Nanoseconds. */
  readonly start_period?: number;
  /** Nanoseconds. */
  readonly start_interval?: number;
  readonly disable?: boolean;
  readonly extensions?: Extensions;
}
