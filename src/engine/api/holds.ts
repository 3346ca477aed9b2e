/**
 * POST /tcompose/holds: while a client reads the answer, containers with these labels are started only after the client
 * has had access to them, for example to put files into them. Each line is a HeldStart; POST
 * /tcompose/containers/{id}/release lets that container start. A client that does not release a container within a
 * minute, or disconnects, no longer holds it.
 */
export interface HoldRequest {
  /** `NAME=VALUE`; a container must have all of them. */
  readonly labels: readonly string[];
}

/** A container that is about to start. The first line has none: starts are held from then on. */
export interface HeldStart {
  readonly id?: string;
}
