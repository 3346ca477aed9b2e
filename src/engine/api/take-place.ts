/**
 * POST /tcompose/containers/{id}/take-place: a running container that was started with `tcompose-beside=1`, so without
 * names and published ports, takes over those of another container, from one connection to the next. Answered when they
 * lead to the new container.
 */
export interface TakePlaceRequest {
  /** Id or name of the container that has them now; its open connections stay with it. */
  readonly from: string;
  /** Milliseconds to wait until something listens on each TCP port in the new container; default 10 000. */
  readonly within?: number;
}
