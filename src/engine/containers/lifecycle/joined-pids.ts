import { join } from 'node:path';
import type { Engine } from '../../context.ts';
import { conflict } from '../../http/failure.ts';
import type { Container } from '../container.ts';

/** Pids of the containers whose namespaces this one joins. Throws a conflict when one of them does not run. */
export function joinedPids(
  engine: Engine,
  container: Container,
): {
  network?: number;
  pid?: number;
  ipc?: number;
  ipcShm?: string;
} {
  const { hostConfig: host } = container.record;
  const pidOf = (mode: string | undefined, what: string): { pid: number; other: Container } | undefined => {
    if (!mode?.startsWith('container:')) return undefined;
    const other = engine.containers.need(mode.slice('container:'.length));
    if (other.state.status !== 'running' && other.state.status !== 'paused') {
      throw conflict(`cannot join ${what} of a non running container: ${other.id}`);
    }
    return { pid: other.state.process.pid, other };
  };
  const network = pidOf(host.NetworkMode, 'network');
  const pid = pidOf(host.PidMode, 'PID');
  const ipc = pidOf(host.IpcMode, 'IPC');
  return {
    ...(network === undefined ? {} : { network: network.pid }),
    ...(pid === undefined ? {} : { pid: pid.pid }),
    ...(ipc === undefined ? {} : { ipc: ipc.pid, ipcShm: join(ipc.other.runDir, 'shm') }),
  };
}
