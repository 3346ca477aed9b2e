import type { TcomposeError } from './errors.ts';

/** What a progress event is about. */
export type ResourceKind = 'container' | 'network' | 'volume' | 'image' | 'service' | 'engine' | 'project';

/**
 * Everything that is shown to a person or a program while a command runs. Producers emit, renderers (src/cli/render)
 * consume; neither decides for the other. Times are milliseconds on the monotonic clock.
 */
export type TcomposeEvent =
  /** Announces the resources of the progress events, in display order; sent once before the first of them. */
  | {
      readonly type: 'begin';
      readonly resources: readonly { readonly kind: ResourceKind; readonly name: string }[];
    }
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string }
  | { readonly type: 'error'; readonly error: TcomposeError }
  /** Reported only with --verbose. */
  | { readonly type: 'trace'; readonly line: string }
  | {
      readonly type: 'progress';
      readonly kind: ResourceKind;
      /** The user's name for it, for example `shop-web-1`. */
      readonly name: string;
      /** Docker Compose's words: Creating, Created, Starting, Started, Waiting, Healthy, Stopping, … */
      readonly status: string;
      readonly state: 'working' | 'done' | 'warning' | 'failed' | 'skipped';
      readonly detail?: string;
      readonly at: number;
    }
  /** The state of one layer of an image that is being pulled or pushed, as often as the engine reports it. */
  | {
      readonly type: 'layer';
      /** The image's name in the progress events. */
      readonly image: string;
      /** First digits of its digest. */
      readonly layer: string;
      /** The engine's words: Waiting, Downloading, Extracting, Pull complete, Pushed, … */
      readonly status: string;
      /** Bytes; an unknown total is absent. */
      readonly current?: number;
      readonly total?: number;
      readonly at: number;
    }
  /** A line about a build: a step that begins or ends, or its command's output. */
  | {
      readonly type: 'build';
      readonly service: string;
      readonly kind: 'step' | 'output';
      readonly line: string;
    }
  | {
      readonly type: 'log';
      readonly service: string;
      readonly container: string;
      readonly stream: 'stdout' | 'stderr';
      /** One line without its newline. */
      readonly line: string;
      /** RFC 3339 with nanoseconds, when known. */
      readonly timestamp?: string;
    }
  | {
      readonly type: 'container-exit';
      readonly service: string;
      readonly container: string;
      readonly exitCode: number;
      /** It will run again: because of a restart policy or a client's restart. */
      readonly restarting?: boolean;
      /** Somebody ended it by a stop, a restart or a signal. */
      readonly asked?: boolean;
      readonly oomKilled?: boolean;
    }
  | WatchEvent;

/** What `watch` reports. Paths are in readable form, relative to the current directory. */
export type WatchEvent =
  /** The containers have their initial files; from now on changes are acted on. */
  | {
      readonly type: 'watch';
      readonly phase: 'ready';
      readonly services: readonly string[];
      readonly rules: readonly WatchedRule[];
      /** Number of watched directories, and how many of them are polled. */
      readonly directories: number;
      readonly polled: number;
    }
  /** Something was saved, and the actions of its rules are being carried out. */
  | {
      readonly type: 'watch';
      readonly phase: 'begun';
      readonly paths: readonly string[];
      readonly count: number;
      readonly rules: readonly WatchedRule[];
    }
  /** Something that was saved has taken effect. */
  | {
      readonly type: 'watch';
      readonly phase: 'applied';
      readonly paths: readonly string[];
      /** Number of paths that changed; `paths` has the first of them. */
      readonly count: number;
      readonly services: readonly { readonly service: string; readonly did: readonly WatchDeed[] }[];
      /** The rules that were triggered. */
      readonly rules: readonly WatchedRule[];
      /** From the first change to the last action's end. */
      readonly milliseconds: number;
    }
  | {
      readonly type: 'watch';
      readonly phase: 'failed';
      readonly service: string;
      readonly action: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly type: 'watch'; readonly phase: 'note' | 'menu'; readonly message: string }
  /** The configuration was edited: what would be done to make the containers follow, and whether that is done now. */
  | {
      readonly type: 'watch';
      readonly phase: 'configuration';
      readonly paths: readonly string[];
      readonly steps: readonly { readonly step: string; readonly cause: string }[];
      readonly applying: boolean;
    };

/** A rule of `develop.watch` in readable form. */
export interface WatchedRule {
  readonly service: string;
  readonly action: string;
  readonly path: string;
  readonly target?: string;
}

/** `shown`: through a bind mount, so that only open pages had to be told. */
export type WatchDeed = 'rebuilt' | 'synced' | 'unchanged' | 'restarted' | 'ran' | 'shown';

export type EventSink = (event: TcomposeEvent) => void;
