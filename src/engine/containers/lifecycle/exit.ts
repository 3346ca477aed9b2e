import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearCgroups } from '../../../runtime/cgroup/live-cgroup.ts';
import { parseExitFile } from '../../../runtime/shim/exit-file.ts';
import type { ShimExit } from '../../../runtime/shim/shim-messages.ts';
import type { Engine } from '../../context.ts';
import { onExit, parseRestartPolicy } from '../../restart-policy.ts';
import { abandon } from '../../runtimes/launchers.ts';
import { rfc3339, rfc3339FromNanos } from '../../time-text.ts';
import type { Container, Launch } from '../container.ts';
import { withoutEndpoints } from '../endpoints.ts';
import { emitContainer, emitNetwork } from '../events.ts';
import { cgroupPaths } from '../host/cgroup.ts';
import { endLeft } from '../host/end-left.ts';
import { settleVolumeMounts } from '../host/volume-mounts.ts';
import { type ExitRecord, lastStart } from '../state.ts';

/** A container that ends this soon after a client's signal ended because of it, whatever its exit code. Milliseconds. */
const heededWithin = 10_000;

/** As if the kernel had killed it (128 + SIGKILL), which is what happened. */
const lostShimCode = 137;

/** Watches for the end of a launch: its exit, or the death of its shim. */
export function superviseExit(engine: Engine, container: Container, launch: Launch): void {
  launch.shim.onState((state) => {
    if (state.type !== 'exited') return;
    void finish(engine, container, launch, toRecord(state));
  });
  launch.shim.onClose(() => {
    if (container.launch !== launch || container.state.status === 'exiting') return;
    void finish(engine, container, launch, exitOnFile(container) ?? lostShim(engine), true);
  });
}

/** An exit reported by the shim, in the form of the state file. */
export function toRecord(exit: ShimExit): ExitRecord {
  return {
    exitCode: exit.code,
    oomKilled: exit.oomKilled,
    error: '',
    finishedAt: rfc3339FromNanos(exit.finishedAt),
  };
}

/** The exit that the shim wrote before it died, if it got that far. */
export function exitOnFile(container: Container): ExitRecord | undefined {
  try {
    const exit = parseExitFile(readFileSync(join(container.runDir, 'exit'), 'utf8'));
    return exit?.type === 'exited' ? toRecord(exit) : undefined;
  } catch {
    return undefined;
  }
}

/** The exit of a container whose shim was killed: the command's own is unknown. */
export function lostShim(engine: Pick<Engine, 'clock'>): ExitRecord {
  return {
    exitCode: lostShimCode,
    oomKilled: false,
    error: 'the process that watched over this container was killed, and the container with it',
    finishedAt: rfc3339(engine.clock.now()),
  };
}

async function finish(
  engine: Engine,
  container: Container,
  launch: Launch,
  exit: ExitRecord,
  shimLost = false,
): Promise<void> {
  const before = container.state;
  if (container.launch !== launch || (before.status !== 'running' && before.status !== 'paused')) return;
  engine.fault('exit:begin');
  container.become({ status: 'exiting', startedAt: lastStart(container.state) ?? '', exit });
  container.health?.stop();
  container.health = undefined;
  // Whatever fails in the clean-up, the exit is recorded and announced.
  const attempt = async (what: string, step: () => unknown): Promise<void> => {
    try {
      await step();
    } catch (error) {
      engine.log.error(`${what} of ${container.name}, which has ended`, error);
    }
  };
  if (shimLost) await abandon(launch.launcher);
  if (shimLost) await attempt('processes', () => endLeft(engine, before, launch.spec));
  await attempt('networks', () => releaseNetwork(engine, container));
  recordExit(engine, container, exit, engine.clock.monotonic() - launch.since);
  // Nobody needs to wait for the shim's end: the exit is recorded, and the shim has a descriptor of its directory.
  void attempt('shim', () => launch.shim.reap()).finally(() => launch.shim.close());
  // The shim has removed the control groups of the start; an update may have made more, and the next start uses the
  // same names.
  if (container.mutable.updated)
    await attempt('control groups', () => clearCgroups(cgroupPaths(engine, launch.spec)));
  await attempt('run directory', () => engine.trash.run.put(container.runDir));
  await attempt('root file system', () => launch.rootfs.release());
  container.launch = undefined;
  launch.finish();
  afterExit(engine, container);
}

/** Removes a stopped container from its networks. */
async function releaseNetwork(engine: Engine, container: Container): Promise<void> {
  const attachments = Object.values(container.mutable.attachments);
  const endpoints = attachments.flatMap(({ endpoint }) => (endpoint === undefined ? [] : [endpoint]));
  if (endpoints.length === 0) return;
  try {
    await engine.net.containerStopped(container.id);
  } finally {
    for (const endpoint of endpoints) {
      engine.net.release(endpoint);
      const network = engine.networks.find(endpoint.networkId);
      if (network !== undefined) emitNetwork(engine, network, 'disconnect', container.id);
    }
  }
}

/**
 * Decides between `exited` and `restarting`, saves, journals `die`, and only then notifies those who wait. `ranFor` in
 * milliseconds.
 */
export function recordExit(engine: Engine, container: Container, exit: ExitRecord, ranFor: number): void {
  const { signalled } = container;
  if (signalled !== undefined && engine.clock.monotonic() - signalled < heededWithin)
    container.amend({ stoppedByUser: true });
  container.signalled = undefined;
  const { restartCount, lastDelay, stoppedByUser } = container.mutable;
  const decision = onExit(
    parseRestartPolicy(container.hostConfig.RestartPolicy),
    { restartCount, lastDelay, stoppedByUser: stoppedByUser || container.endsWithEngine },
    { exitCode: exit.exitCode, ranFor },
  );
  const startedAt = lastStart(container.state) ?? '';
  container.amend({
    attachments: withoutEndpoints(container.mutable.attachments),
    ports: [],
    restartCount: decision.state.restartCount,
    lastDelay: decision.state.lastDelay,
  });
  container.become(
    decision.action === 'restart'
      ? { status: 'restarting', startedAt, exit, delay: decision.delay }
      : { status: 'exited', startedAt, exit },
  );
  engine.states.write(container);
  engine.fault('exit:recorded');
  if (exit.oomKilled) emitContainer(engine, container, 'oom');
  emitContainer(engine, container, 'die', {
    execDuration: String(Math.max(0, Math.round(ranFor / 1000))),
    exitCode: String(exit.exitCode),
    'tcompose.restarting': String(decision.action === 'restart' || container.restartAsked),
  });
  container.announce();
}

/** What follows a recorded exit: its volumes are released, and then comes the back-off of a restart, or the removal. */
export function afterExit(engine: Engine, container: Container): void {
  void settleVolumeMounts(engine);
  if (container.state.status === 'restarting') {
    scheduleRestart(engine, container, container.state.delay);
  } else if (container.hostConfig.AutoRemove) {
    engine.followUps.autoRemove(container);
  }
}

/** Starts the container again after `delay` milliseconds, unless it is stopped or removed before then. */
export function scheduleRestart(engine: Engine, container: Container, delay: number): void {
  container.cancelRestart?.();
  const timer = setTimeout(() => {
    container.cancelRestart = undefined;
    engine.followUps.restart(container);
  }, delay);
  container.cancelRestart = () => clearTimeout(timer);
}
