import { join } from 'node:path';
import type { Engine } from '../../context.ts';
import { badParameter, conflict } from '../../http/failure.ts';
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
      throw conflict(
        what === 'network'
          ? `cannot join network namespace of a non running container: container ${other.name} is ${other.state.status}`
          : `failed to join ${what} namespace: container ${other.id} is not running`,
      );
    }
    return { pid: other.state.process.pid, other };
  };
  const network = pidOf(host.NetworkMode, 'network');
  const pid = pidOf(host.PidMode, 'PID');
  const ipc = pidOf(host.IpcMode, 'IPC');
  if (ipc !== undefined && ipc.other.hostConfig.IpcMode !== 'shareable') {
    throw badParameter(
      `failed to join IPC namespace: container ${ipc.other.id}: non-shareable IPC`,
      'use IpcMode:shareable for the donor container, in a compose file "ipc: shareable"',
    );
  }
  return {
    ...(network === undefined ? {} : { network: network.pid }),
    ...(pid === undefined ? {} : { pid: pid.pid }),
    ...(ipc === undefined ? {} : { ipc: ipc.pid, ipcShm: join(ipc.other.runDir, 'shm') }),
  };
}
