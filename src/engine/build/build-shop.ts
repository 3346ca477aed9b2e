import type { LayerStep, Platform, Step, StepId } from '../../build/plan/types.ts';
import type { BuildLimits } from '../api/build.ts';
import type { ContextDirectory } from './build-context.ts';
import type { CacheLease, CacheStore, StepResult } from './cache/cache-types.ts';
import type { StatCache } from './files/stat-cache.ts';
import type { OverlayOptions, Snapshot } from './snapshot.ts';
import type { Fetcher } from './sources/fetch-types.ts';
import type { CacheLocks } from './steps/locks.ts';

/** What builds of an engine share. */
export interface BuildShop {
  readonly cache: CacheStore;
  readonly locks: CacheLocks;
  readonly files: StatCache;
  readonly overlay: OverlayOptions;
  readonly fetcher: Fetcher;
  /** Below every command's root; see stepSkeleton. */
  readonly skeleton: string;
  /** Steps under way, by key: the same one is not carried out twice at a time. */
  readonly underWay: Map<string, Promise<StepResult>>;
  /** Builds under way. */
  running: number;
  /** Waits for its turn to run a command; resolves with the release. */
  readonly slot: () => Promise<() => void>;
  /** Call it when a build has ended. */
  readonly ended: () => void;
}

/** What one build brings. */
export interface BuildInputs {
  readonly cache: CacheLease;
  /** By name; '' is the build context. */
  readonly contexts: ReadonlyMap<string, ContextDirectory>;
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Path of an ssh agent's socket, by the id that mounts know it by. */
  readonly agent: (id: string) => string | undefined;
  /** Trees of the images the plan has, by step. */
  readonly images: ReadonlyMap<StepId, Snapshot>;
  /** What a step's stage runs on. */
  readonly platformOf: (step: LayerStep) => Platform;
  readonly signal: AbortSignal;
  /** What each command may have of the machine. */
  readonly limits: BuildLimits;
  /** What a RUN has done when it fails is kept. */
  readonly keepFailed: boolean;
}

/** Why a command failed, and what it had done. */
export class KeptFailure extends Error {
  readonly reason: unknown;
  readonly result: StepResult;
  constructor(reason: unknown, result: StepResult) {
    super((reason as Error).message);
    this.reason = reason;
    this.result = result;
  }
}

/** A step that failed, with the last of its output. */
export class StepFailure extends Error {
  readonly step: Step;
  readonly reason: unknown;
  readonly lines: readonly string[];
  /** The tree that a RUN had made when it failed, where that was to be kept. */
  readonly left: Snapshot | undefined;
  constructor(step: Step, reason: unknown, lines: readonly string[], left?: Snapshot) {
    super((reason as Error).message);
    this.step = step;
    this.reason = reason;
    this.lines = lines;
    this.left = left;
  }
}
