import type { ShimConnection } from '../../runtime/shim/shim-client.ts';
import type { ExecCreateRequest } from '../api/exec.ts';
import type { Container } from '../containers/container.ts';

type ExecState =
  | { readonly status: 'created' }
  | { readonly status: 'running'; readonly pid: number }
  | { readonly status: 'exited'; readonly exitCode: number };

/** A process that runs in a container in addition to its main process (docker exec, health checks, hooks). */
export interface ExecProcess {
  readonly id: string;
  readonly container: Container;
  readonly request: ExecCreateRequest;
  state: ExecState;
  shim: ShimConnection | undefined;
}
