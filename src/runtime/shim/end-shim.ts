import type { ShimConnection } from './shim-client.ts';

const sigkill = 9;

/** How long a shim may take to end what it watches over, milliseconds: another runtime's `kill` and `delete` take their time. */
const endWithin = 25_000;

/**
 * Ends whatever the shim is at, a set-up that waits for its start as well, lets the shim go and closes the connection. One that
 * does not get to an end in time is killed itself. Never rejects.
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
    // A signal that came before there was a process is lost: every state that is not the end is answered with another.
    shim.onState((state) => (state.type === 'exited' || state.type === 'failed' ? done() : kill()));
    kill();
  });
  if ((await ended) === 'ended') await shim.reap().catch(() => {});
  // As long as the connection is there so is the shim: the number is no other process's.
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
