import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../../errors.ts';
import { setFrozen } from '../../../runtime/cgroup/live-cgroup.ts';
import type { Engine } from '../../context.ts';
import { conflict, notModified } from '../../http/failure.ts';
import type { Container } from '../container.ts';
import { emitContainer } from '../events.ts';
import { cgroupPaths } from '../host/cgroup.ts';
import { signalNumber } from '../spec/check-create.ts';
import { lastExit } from '../state.ts';
import { startContainer } from './start.ts';

/** Default time between the stop signal and SIGKILL, in seconds. */
export const defaultTimeout = 10;
const sigkill = 9;

/**
 * Sends the stop signal, waits, sends SIGKILL, and waits until the exit is recorded. `timeout` in seconds, -1 waits for
 * ever; absent: the container's, else 10. `withEngine`: the container is not meant to be down, it stops because the
 * engine does. Throws 304 when it does not run. To be run in the container's serial queue.
 */
export async function stopContainer(
  engine: Engine,
  container: Container,
  options: {
    readonly timeout?: number | undefined;
    readonly signal?: string | undefined;
    readonly withEngine?: boolean;
  } = {},
): Promise<void> {
  if (container.state.status === 'restarting') {
    cancelBackOff(engine, container);
    // Its end was announced as one after which it restarts.
    emitContainer(engine, container, 'stop', { 'tcompose.restarting': String(container.restartAsked) });
    return;
  }
  const { launch } = container;
  if (launch === undefined || !container.up) {
    throw notModified(`container ${container.name} is not running`);
  }
  const { config } = container.record;
  const signal = signalNumber(options.signal || config.StopSignal || 'SIGTERM');
  const timeout = options.timeout ?? config.StopTimeout ?? defaultTimeout;
  if (options.withEngine === true) container.endsWithEngine = true;
  else {
    container.amend({ stoppedByUser: true });
    engine.states.write(container);
  }
  await thaw(engine, container);
  await send(engine, container, signal);
  if (!(await endsWithin(launch.over, timeout))) {
    await send(engine, container, sigkill);
    await launch.over;
  }
  emitContainer(engine, container, 'stop');
}

/**
 * Sends a signal. A signal that is meant to end the container (SIGKILL, its stop signal) also keeps the restart policy
 * from applying, and so does any other if the container ends soon afterwards; SIGKILL waits for the exit, as dockerd
 * does. Throws 409 when it does not run.
 */
export async function killContainer(
  engine: Engine,
  container: Container,
  name: string | null,
): Promise<void> {
  const signal = signalNumber(name || 'SIGKILL');
  if (container.state.status === 'restarting' && signal === sigkill) {
    cancelBackOff(engine, container);
    return;
  }
  const { launch } = container;
  if (launch === undefined || !container.up) {
    throw conflict(`container ${container.id} is not running`);
  }
  if (signal === sigkill || signal === signalNumber(container.record.config.StopSignal || 'SIGTERM')) {
    container.amend({ stoppedByUser: true });
    engine.states.write(container);
  }
  if (signal === sigkill) await thaw(engine, container);
  container.signalled = engine.clock.monotonic();
  if (!(await send(engine, container, signal))) {
    throw new TcomposeError(
      'RUNTIME_FOREIGN',
      `its runtime ${container.hostConfig.Runtime} did not send signal ${signal}`,
      { hint: 'SIGKILL ends it without the runtime.' },
    );
  }
  if (signal === sigkill) await endsWithin(launch.over, defaultTimeout);
}

/** Stop (if it runs), then start; one `restart` event at the end. */
export async function restartContainer(
  engine: Engine,
  container: Container,
  options: { readonly timeout?: number | undefined; readonly signal?: string | undefined },
): Promise<void> {
  container.restartAsked = true;
  try {
    if (container.up || container.state.status === 'restarting')
      await stopContainer(engine, container, options);
    resetRestarts(container);
    await startContainer(engine, container);
  } catch (error) {
    // Those who were told that it restarts must be told that it does not.
    if (!container.up) {
      const exitCode = String(lastExit(container.state)?.exitCode ?? 0);
      emitContainer(engine, container, 'die', { exitCode, 'tcompose.restarting': 'false' });
    }
    throw error;
  } finally {
    container.restartAsked = false;
  }
  emitContainer(engine, container, 'restart');
}

/** Freezes all processes of a running container. Throws a conflict when it does not run; `instead`: what to do if it can't be frozen. */
export async function pauseContainer(engine: Engine, container: Container, instead = ''): Promise<void> {
  const { state, launch } = container;
  if (state.status === 'paused') throw conflict(`Container ${container.id} is already paused`);
  if (state.status !== 'running' || launch === undefined) {
    throw conflict(`container ${container.id} is not running`);
  }
  const frozen = await setFrozen(cgroupPaths(engine, launch.spec), true).catch((error: unknown) => {
    // Its control group is removed when its last process has ended.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error;
    throw conflict(`container ${container.id} is not running`);
  });
  if (!frozen) {
    throw conflict(`this machine has no freezer cgroup, so containers cannot be paused${instead}`);
  }
  if (container.state !== state) return;
  container.become({ status: 'paused', process: state.process, startedAt: state.startedAt });
  engine.states.write(container);
  emitContainer(engine, container, 'pause');
  container.announce();
}

/** Resumes a paused container. Throws a conflict when it is not paused. */
export async function unpauseContainer(engine: Engine, container: Container): Promise<void> {
  if (container.state.status !== 'paused') throw conflict(`Container ${container.id} is not paused`);
  await thaw(engine, container);
}

/** A client's start or restart resets the restart count and lifts "stopped by the user". */
export function resetRestarts(container: Container): void {
  container.amend({ restartCount: 0, lastDelay: 0, stoppedByUser: false });
}

async function thaw(engine: Engine, container: Container): Promise<void> {
  const { state, launch } = container;
  if (state.status !== 'paused' || launch === undefined) return;
  await setFrozen(cgroupPaths(engine, launch.spec), false);
  if (container.state !== state) return;
  container.become({ status: 'running', process: state.process, startedAt: state.startedAt });
  engine.states.write(container);
  emitContainer(engine, container, 'unpause');
  container.announce();
}

function cancelBackOff(engine: Engine, container: Container): void {
  const { state } = container;
  if (state.status !== 'restarting') return;
  container.cancelRestart?.();
  container.cancelRestart = undefined;
  container.amend({ stoppedByUser: true });
  container.become({ status: 'exited', startedAt: state.startedAt, exit: state.exit });
  engine.states.write(container);
  container.announce();
}

/** False when another runtime refuses to send it. */
async function send(engine: Engine, container: Container, signal: number): Promise<boolean> {
  try {
    await container.launch?.shim.signal(signal);
  } catch (error) {
    const { cause, message } = error as TcomposeError;
    engine.log.debug(`signal ${signal} to ${container.name}: ${message}`);
    // Otherwise it exited before the signal came, and the exit is about to be reported.
    return (cause as { readonly errno?: number } | undefined)?.errno !== constants.errno.EIO;
  }
  emitContainer(engine, container, 'kill', { signal: String(signal) });
  return true;
}

/** False when `seconds` pass first; with negative seconds it waits without limit. */
async function endsWithin(over: Promise<void>, seconds: number): Promise<boolean> {
  if (seconds < 0) {
    await over;
    return true;
  }
  const cancel = new AbortController();
  const late = sleep(seconds * 1000, false, { signal: cancel.signal }).catch(() => false);
  const result = await Promise.race([over.then(() => true), late]);
  cancel.abort();
  return result;
}
