import type { ContainerCreateRequest } from './container.ts';

/** POST /tcompose/preflight: what a client is about to do. The request changes nothing. */
export interface PreflightRequest {
  /** Containers to create, by their future names; `start`: they will be started too, so that ports matter. */
  readonly create?: readonly {
    readonly name: string;
    readonly request: ContainerCreateRequest;
    readonly start: boolean;
  }[];
  /** Ids of existing containers to start. */
  readonly start?: readonly string[];
  /** Ids of containers that will be stopped by then: their ports count as free. */
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
   * A port of this machine that is taken by a process which the engine could not name: without root it can't see what
   * other processes have open, even those of its own user. The client may be able to.
   */
  readonly takenPort?: { readonly protocol: 'tcp' | 'udp'; readonly address: string; readonly port: number };
}

export interface PreflightResponse {
  readonly problems: readonly PreflightProblem[];
}
