import type { ShimConnection } from './shim-client.ts';

const sigkill = 9;

/** How long a shim may take to end its process, in milliseconds: another runtime's `kill` and `delete` take some time. */
const endWithin = 25_000;

/**
 * Ends whatever the shim is doing, including a set-up that waits for its start, releases the shim and closes the
 * connection. A shim that does not finish in time is killed itself. Never rejects.
 */
export async function endShim(shim: ShimConnection, within = endWithin): Promise<void> {
  const ended = new Promise<'ended' | 'late'>((resolve) => {
    const timer = setTimeout(() => resolve('late'), within);
    const done = (): void => {
      clearTimeout(timer);
      resolve('ended');
    };
    const kill = (): void => void shim.signal(sigkill).catch(() => {});
    shim.onClose(done);
    // A signal that arrived before there was a process is lost, so every state that is not final is answered with
    // another one.
    shim.onState((state) => (state.type === 'exited' || state.type === 'failed' ? done() : kill()));
    kill();
  });
  if ((await ended) === 'ended') await shim.reap().catch(() => {});
  // The shim exists as long as the connection does, so its pid can't be another process's.
  else killPid(shim.shimPid);
  shim.close();
}

function killPid(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
