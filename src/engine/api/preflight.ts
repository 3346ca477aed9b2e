import type { ContainerCreateRequest } from './container.ts';

/** POST /tcompose/preflight: what a client is about to do. Nothing is changed by asking. */
export interface PreflightRequest {
  /** Containers to be created, by the names they will have; `start`: started too, so that ports matter. */
  readonly create?: readonly {
    readonly name: string;
    readonly request: ContainerCreateRequest;
    readonly start: boolean;
  }[];
  /** Ids of containers that exist and are to be started. */
  readonly start?: readonly string[];
  /** Ids of containers that will have been stopped by then: their ports count as free. */
  readonly release?: readonly string[];
}

/** A reason for which a container could not be created or started. */
export interface PreflightProblem {
  readonly container: string;
  /** A code of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /**
   * A port of this machine that some process has, which the engine could not name: without root it does not see what other processes,
   * its own user's included, have open. The client may.
   */
  readonly takenPort?: { readonly protocol: 'tcp' | 'udp'; readonly address: string; readonly port: number };
}

export interface PreflightResponse {
  readonly problems: readonly PreflightProblem[];
}
