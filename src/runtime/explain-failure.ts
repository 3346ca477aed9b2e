import type { TcomposeError } from '../errors.ts';

/** What a shim reports when a launch fails. */
export interface LaunchFailure {
  /** Where: `setup`, `exec`, `cgroup`, … as in shim-protocol.ts. */
  readonly step: string;
  readonly errno: number;
  /** The op and its object in words: `bind /srv/data`, or the command for `exec`. */
  readonly detail: string;
}

/**
 * Turns a shim's failure into a sentence with a hint. `exitCode` is Docker's: 127 command not found, 126 not
 * executable, 128 other start failures.
 */
export declare function explainFailure(
  failure: LaunchFailure,
  context?: { readonly name?: string; readonly command?: readonly string[]; readonly cwd?: string },
): TcomposeError;
