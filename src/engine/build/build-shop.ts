import type { LayerStep, Platform, Step, StepId } from '../../build/plan/types.ts';
import type { BuildLimits } from '../api/build.ts';
import type { ContextDirectory } from './build-context.ts';
import type { CacheLease, CacheStore, StepResult } from './cache/cache-types.ts';
import type { StatCache } from './files/stat-cache.ts';
import type { OverlayOptions, Snapshot } from './snapshot.ts';
import type { Fetcher } from './sources/fetch-types.ts';
import type { CacheLocks } from './steps/locks.ts';

/** What the builds of an engine share. */
export interface BuildShop {
  readonly cache: CacheStore;
  readonly locks: CacheLocks;
  readonly files: StatCache;
  readonly overlay: OverlayOptions;
  readonly fetcher: Fetcher;
  /** The lowest layer of every command's root; see stepSkeleton. */
  readonly skeleton: string;
  /** Steps in progress, by key: the same step never runs twice at the same time. */
  readonly underWay: Map<string, Promise<StepResult>>;
  /** Number of builds in progress. */
  running: number;
  /** Waits for its turn to run a command; resolves with the release. */
  readonly slot: () => Promise<() => void>;
  /** To be called when a build has ended. */
  readonly ended: () => void;
}

/** The inputs of one build. */
export interface BuildInputs {
  readonly cache: CacheLease;
  /** By name; '' is the build context. */
  readonly contexts: ReadonlyMap<string, ContextDirectory>;
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Path of an ssh agent's socket, by the id that mounts use. */
  readonly agent: (id: string) => string | undefined;
  /** Trees of the images in the plan, by step. */
  readonly images: ReadonlyMap<StepId, Snapshot>;
  /** The platform that a step's stage runs on. */
  readonly platformOf: (step: LayerStep) => Platform;
  readonly signal: AbortSignal;
  /** Resource limits of each command. */
  readonly limits: BuildLimits;
  /** Whether to keep what a RUN has done when it fails. */
  readonly keepFailed: boolean;
}

/** Why a command failed, and the tree it had made. */
export class KeptFailure extends Error {
  readonly reason: unknown;
  readonly result: StepResult;
  constructor(reason: unknown, result: StepResult) {
    super((reason as Error).message);
    this.reason = reason;
    this.result = result;
  }
}

/** A step that failed, with the end of its output. */
export class StepFailure extends Error {
  readonly step: Step;
  readonly reason: unknown;
  readonly lines: readonly string[];
  /** The tree that a RUN had made when it failed, if it was to be kept. */
  readonly left: Snapshot | undefined;
  constructor(step: Step, reason: unknown, lines: readonly string[], left?: Snapshot) {
    super((reason as Error).message);
    this.step = step;
    this.reason = reason;
    this.lines = lines;
    this.left = left;
  }
}
