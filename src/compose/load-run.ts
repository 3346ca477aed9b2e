import type { ExtendScope } from './assemble/extend-scope.ts';
import type { LoadEffects } from './effects.ts';
import type { Warning } from './warning.ts';
import type { Source } from './yaml/index.ts';

/** Parts of loading that can be turned off; `config` has flags for them. */
export interface LoadSwitches {
  readonly noInterpolate?: boolean | undefined;
  readonly noNormalize?: boolean | undefined;
  readonly noPathResolution?: boolean | undefined;
  readonly noConsistency?: boolean | undefined;
  readonly noEnvResolution?: boolean | undefined;
}

/** What the phases of one load share. An included project has a run of its own with the same readers and warnings. */
export interface LoadRun {
  readonly effects: LoadEffects;
  readonly options: LoadSwitches;
  /** Absolute project directory. */
  readonly workingDir: string;
  /**
   * What paths in the tree are joined to: `workingDir`; blank, or for an included project relative, if paths are left
   * relative.
   */
  readonly pathBase: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly warn: (warning: Warning) => void;
  /** Unset variables with a warning already. */
  readonly warned: Set<string>;
  /** Reads and parses a compose file; each is read once. */
  readonly read: (file: string) => Promise<Source>;
  readonly extendedFiles: Map<string, Promise<ExtendScope>>;
  /** Compose files from the top to this run, each including the next. */
  readonly includedBy: readonly string[];
}
