/**
 * POST /tcompose/holds: while the answer is read, containers with these labels are not started before the reader has had them, as
 * to put files into them. One HeldStart a line; POST /tcompose/containers/{id}/release lets one go. Who does not answer within a
 * minute, or goes away, holds nothing up.
 */
export interface HoldRequest {
  /** `NAME=VALUE`; all of them. */
  readonly labels: readonly string[];
}

/** A container that is about to be started. The first line has none: starts are held from then on. */
export interface HeldStart {
  readonly id?: string;
}
