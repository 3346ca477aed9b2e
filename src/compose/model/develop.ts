import type { Extensions } from './extensions.ts';
import type { Hook } from './hooks.ts';

/** What `watch` does for a service. */
export interface Develop {
  readonly watch?: readonly WatchRule[];
  readonly extensions?: Extensions;
}

export type WatchAction = 'rebuild' | 'sync' | 'restart' | 'sync+restart' | 'sync+exec';

export interface WatchRule {
  readonly path: string;
  readonly action: WatchAction;
  readonly target?: string;
  /** Patterns in .dockerignore syntax, relative to `path`. */
  readonly ignore?: readonly string[];
  readonly include?: readonly string[];
  readonly exec?: Hook;
  readonly initial_sync?: boolean;
  readonly extensions?: Extensions;
}
