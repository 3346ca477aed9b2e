import { TcomposeError } from '../../../errors.ts';
import type { RootfsSource } from '../../../image/types.ts';
import { explainFailure } from '../../../runtime/launch/explain-failure.ts';
import type { ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { ShimFailure, ShimState } from '../../../runtime/shim/shim-messages.ts';
import type { Engine } from '../../context.ts';
import { conflict, notFound, notModified } from '../../http/failure.ts';
import { foreignFailure } from '../../runtimes/launchers.ts';
import { rfc3339FromNanos } from '../../time-text.ts';
import type { Container } from '../container.ts';
import { attachNetwork } from '../endpoints.ts';
import { emitContainer } from '../events.ts';
import { startHealth } from '../health.ts';
import { keptRootfs } from '../host/kept-owners.ts';
import { fillVolumes } from '../host/volume-copy.ts';
import { settleVolumeMounts } from '../host/volume-mounts.ts';
import { commandHint } from '../root/find-command.ts';
import { openStoppedRoot } from '../root/stopped-root.ts';
import type { StoppedState } from '../state.ts';
import { superviseExit } from './exit.ts';
import { newLaunch } from './launch.ts';
import { type Prepared, prepare } from './prepare-start.ts';
import { rollBack } from './roll-back.ts';
import { settle, spawnShim } from './spawn-shim.ts';

/** Refuses what can't be started, with dockerd's messages. */
function startable(container: Container): StoppedState {
  const { state } = container;
  switch (state.status) {
    case 'created':
    case 'exited':
    case 'restarting':
      return state;
    case 'paused':
      throw conflict('cannot start a paused container, try unpause instead');
    case 'removing':
    case 'dead':
      throw conflict('container is marked for removal and cannot be started');
    default:
      throw notModified(`container ${container.name} is already running`);
  }
}

async function startFailure(
  engine: Engine,
  container: Container,
  { launcher, spec }: Prepared,
  failure: ShimFailure,
): Promise<TcomposeError> {
  const { command } = container.record;
  const { name } = container;
  if (launcher.kind === 'foreign' && failure.phase === 'runtime') {
    return foreignFailure(launcher, failure, { log: launcher.bundle, name, command });
  }
  const { cwd, env = [] } = spec.process;
  const search = { command: command[0] ?? '', cwd, env };
  const fileHint = await commandHint(failure, engine.machine, search, () =>
    openStoppedRoot(engine, container, 'read'),
  );
  return explainFailure(
    { step: failure.phase, errno: failure.errno, detail: `${failure.op} ${failure.detail}`.trim() },
    { name, command, cwd, ...(fileHint === undefined ? {} : { fileHint }) },
  );
}

/**
 * Starts a container; to be run in its serial queue. Resolves when its command runs and its network is set up. On
 * failure everything is undone, the container is as before (with the error recorded), and the error is thrown. A
 * container that starts `beside` another has no names and publishes no ports, because it will take over the other's
 * (take-place.ts).
 */
export async function startContainer(engine: Engine, container: Container, beside = false): Promise<void> {
  const before = startable(container);
  if (container.damaged !== undefined) {
    throw new TcomposeError(
      'ENGINE_STATE_CORRUPT',
      `container ${container.name} cannot be started: ${container.damaged}`,
      {
        hint: `remove it with \`tcompose container rm -f ${container.name}\`; \`tcompose up\` recreates it`,
      },
    );
  }
  container.cancelRestart?.();
  container.cancelRestart = undefined;
  await container.launch?.over;
  engine.fault('start:begin');
  const image = engine.images.get(container.record.imageId);
  if (image === undefined) {
    throw notFound(`No such image: ${container.record.config.Image} (${container.record.imageId})`);
  }
  const undo: (() => unknown)[] = [];
  container.become({ status: 'starting', before, bootId: engine.bootId });
  let running: Running;
  try {
    // When a start fails: after the container counts as stopped again.
    undo.push(() => void container.serial.run(() => settleVolumeMounts(engine)));
    await fillVolumes(engine, container, container.record, image, 'start');
    const stored = engine.images.rootfs(image);
    undo.push(() => stored.release());
    const rootfs = keptRootfs(engine.machine, container.hostConfig, stored);
    const prepared = await prepare(engine, container, rootfs, undo, beside);
    // Everything that must survive a crash from here on: the addresses, and that a start is in progress.
    container.save();
    engine.fault('start:state');
    const shim = await spawnShim(engine, container, prepared.plan, undo);
    engine.fault('start:spawned');
    const state = await settle(container, shim, prepared.plan.waitForStart);
    prepared.releaseMounts();
    if (state.type === 'failed') {
      throw await startFailure(engine, container, prepared, state);
    }
    engine.fault('start:started');
    await attachNetwork(engine, container, shim, prepared.ports, beside);
    engine.fault('start:network');
    running = { shim, state, prepared, rootfs };
  } catch (error) {
    await rollBack(engine, container, before, undo, error);
    throw error;
  }
  becomeRunning(engine, container, running);
}

interface Running {
  readonly shim: ShimConnection;
  readonly state: Extract<ShimState, { type: 'started' | 'exited' }>;
  readonly prepared: Prepared;
  readonly rootfs: RootfsSource;
}

/** The command runs and has its network: from here on nothing may throw, or nobody would supervise the container. */
function becomeRunning(
  engine: Engine,
  container: Container,
  { shim, state, prepared, rootfs }: Running,
): void {
  const started = state.type === 'started' ? state : undefined;
  container.become({
    status: 'running',
    process: {
      pid: started?.pid ?? 0,
      startTime: String(started?.startTime ?? 0),
      bootId: engine.bootId,
    },
    startedAt: rfc3339FromNanos(state.startedAt),
  });
  const launch = newLaunch(engine, shim, prepared.spec, rootfs, prepared.launcher);
  container.launch = launch;
  engine.states.write(container);
  engine.fault('start:running');
  for (const warning of started?.warnings ?? []) engine.log.warn(`${container.name}: ${warning}`);
  emitContainer(engine, container, 'start');
  container.announce();
  startHealth(engine, container);
  superviseExit(engine, container, launch);
}
