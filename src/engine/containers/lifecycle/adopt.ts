import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsSource } from '../../../image/types.ts';
import type { RunningContainer } from '../../../network/index.ts';
import { endShim } from '../../../runtime/shim/end-shim.ts';
import { parseExitFile } from '../../../runtime/shim/exit-file.ts';
import { connectShim, type ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../../runtime/shim/shim-messages.ts';
import type { Engine } from '../../context.ts';
import { parseRestartPolicy, startsWithEngine } from '../../restart-policy.ts';
import { abandon, readLauncher } from '../../runtimes/launchers.ts';
import { removeRunDirectory } from '../../store/remove-run-directory.ts';
import { parseRfc3339, rfc3339, rfc3339FromNanos } from '../../time-text.ts';
import type { Container, Launch } from '../container.ts';
import { namesAndRoutes, takeSockets, withoutEndpoints } from '../endpoints.ts';
import { emitContainer } from '../events.ts';
import { startHealth } from '../health.ts';
import { endLeft } from '../host/end-left.ts';
import type { ContainerMutable } from '../record.ts';
import { type ExitRecord, lastStart } from '../state.ts';
import {
  afterExit,
  exitOnFile,
  lostShim,
  recordExit,
  scheduleRestart,
  superviseExit,
  toRecord,
} from './exit.ts';
import { newLaunch } from './launch.ts';
import { readLaunchFile } from './launch-file.ts';
import { rebuildSpec } from './rebuild-spec.ts';
import { removeContainer } from './remove.ts';
import { startContainer } from './start.ts';

/** What became of a container that was running, or starting, when the last engine ended. */
type Finding =
  | {
      readonly kind: 'runs';
      readonly launch: Launch;
      readonly state: Extract<ShimState, { type: 'started' }>;
    }
  | { readonly kind: 'ended'; readonly exit: ExitRecord; readonly shim: ShimConnection | undefined }
  /** The command was never started. */
  | { readonly kind: 'not-started'; readonly why: string };

/** How long a shim may take to report its state, in milliseconds; a set-up in progress ends well before. */
const tellWithin = 10_000;

/**
 * Makes records match the machine after an engine's start: adopts running containers, records exits that happened
 * meanwhile with their own code and time, undoes half-done starts and finishes half-done removals. `newBoot` says that
 * the machine was restarted since the last engine; then restart policies decide what is started.
 */
export async function adoptContainers(engine: Engine, newBoot: boolean): Promise<void> {
  const interrupted = engine.containers
    .all()
    .filter(
      ({ state }) => state.status === 'starting' || state.status === 'running' || state.status === 'paused',
    );
  const findings = new Map<Container, Finding>(
    await Promise.all(
      interrupted.map(async (container) => [container, await examineAnyway(engine, container)] as const),
    ),
  );
  await adoptNetworks(engine, findings);
  const wasRunning = new Set(interrupted);
  for (const [container, finding] of findings) {
    try {
      await settleFinding(engine, container, finding, newBoot);
    } catch (error) {
      engine.log.error(`adopting ${container.name}`, error);
    }
  }
  const removals: Promise<void>[] = [];
  for (const container of engine.containers.all()) {
    const { state } = container;
    if (state.status === 'removing' || state.status === 'dead') {
      const volumes = state.status === 'removing' && state.volumes;
      removals.push(
        container.serial
          .run(() => removeContainer(engine, container, { force: true, volumes }))
          .catch((error) => engine.log.error(`removing ${container.name}`, error)),
      );
    } else if (state.status === 'restarting') {
      scheduleRestart(engine, container, newBoot ? 0 : state.delay);
    } else if (newBoot && !container.up) {
      startAfterBoot(engine, container, wasRunning.has(container));
    }
  }
  await Promise.all(removals);
}

/** A container that can't be examined must not keep the engine from the others: it counts as not started. */
async function examineAnyway(engine: Engine, container: Container): Promise<Finding> {
  try {
    return await examine(engine, container);
  } catch (error) {
    engine.log.error(`examining ${container.name}`, error);
    return { kind: 'not-started', why: (error as Error).message };
  }
}

async function examine(engine: Engine, container: Container): Promise<Finding> {
  const { state } = container;
  const bootId =
    state.status === 'starting'
      ? state.bootId
      : state.status === 'running' || state.status === 'paused'
        ? state.process.bootId
        : '';
  if (bootId !== engine.bootId) {
    return state.status === 'starting'
      ? { kind: 'not-started', why: 'the machine was restarted' }
      : { kind: 'ended', exit: endedWithMachine(engine), shim: undefined };
  }
  let shim: ShimConnection;
  try {
    shim = await connectShim(container.runDir);
  } catch {
    return withoutShim(engine, container);
  }
  const told = await tells(shim);
  if (told?.type === 'started') {
    const launched = readLaunchFile(container);
    if (launched === undefined)
      engine.log.warn(`the spec.json of ${container.name}, which runs, is damaged; it was written again`);
    const spec = launched?.spec ?? (await rebuildSpec(engine, container));
    recoverNetwork(container, launched?.network);
    const image = container.damaged === undefined ? engine.images.get(container.record.imageId) : undefined;
    const rootfs = image === undefined ? nothingBelow : engine.images.rootfs(image);
    return {
      kind: 'runs',
      launch: newLaunch(engine, shim, spec, rootfs, readLauncher(container)),
      state: told,
    };
  }
  if (told?.type === 'exited') return { kind: 'ended', exit: toRecord(told), shim };
  // Its set-up hangs or has failed: the command never ran.
  await endShim(shim);
  return {
    kind: 'not-started',
    why: told?.type === 'failed' ? `${told.op} ${told.detail}` : 'the engine was interrupted',
  };
}

function withoutShim(engine: Engine, container: Container): Finding {
  const exit = exitOnFile(container);
  if (exit !== undefined) return { kind: 'ended', exit, shim: undefined };
  if (container.state.status === 'starting')
    return { kind: 'not-started', why: 'the engine was interrupted' };
  return { kind: 'ended', exit: lostShim(engine), shim: undefined };
}

function endedWithMachine(engine: Engine): ExitRecord {
  return {
    exitCode: 255,
    oomKilled: false,
    error: 'the machine was restarted while the container ran',
    finishedAt: rfc3339(engine.clock.now()),
  };
}

/** The first state from the shim that decides a start; undefined when it stays silent or dies. */
function tells(shim: ShimConnection): Promise<ShimState | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), tellWithin);
    const done = (state: ShimState | undefined): void => {
      clearTimeout(timer);
      offState();
      offClose();
      resolve(state);
    };
    const offClose = shim.onClose(() => done(undefined));
    const offState = shim.onState((state) => done(state));
  });
}

/** Restores addresses and ports of a running container whose state.json had lost them. */
function recoverNetwork(
  container: Container,
  launched: Pick<ContainerMutable, 'attachments' | 'ports'> | undefined,
): void {
  const known = Object.values(container.mutable.attachments).some(({ endpoint }) => endpoint !== undefined);
  if (!known && launched !== undefined) container.amend(launched);
}

/** Replaces a root file system whose image is gone. */
const nothingBelow: RootfsSource = {
  lowerDirs: [],
  binds: [],
  storage: { kind: 'overlay', userxattr: false },
  release: async () => {},
};

async function adoptNetworks(engine: Engine, findings: ReadonlyMap<Container, Finding>): Promise<void> {
  const running: RunningContainer[] = [];
  for (const [container, finding] of findings) {
    if (finding.kind !== 'runs') {
      container.amend({ attachments: withoutEndpoints(container.mutable.attachments), ports: [] });
      continue;
    }
    // If a network's record is lost, only the container's own end remains.
    const endpoints = Object.values(container.mutable.attachments)
      .flatMap(({ endpoint }) => endpoint ?? [])
      .filter(({ networkId }) => engine.networks.find(networkId) !== undefined);
    if (endpoints.length === 0) continue;
    running.push({
      containerId: container.id,
      containerName: container.name,
      endpoints,
      ports: container.mutable.ports,
      sockets: await takeSockets(finding.launch.shim).catch(() => ({})),
      ...namesAndRoutes(engine, container),
    });
  }
  await engine.net.adopt(
    engine.networks.all(),
    running.flatMap(({ endpoints }) => endpoints),
    running,
  );
}

async function settleFinding(
  engine: Engine,
  container: Container,
  finding: Finding,
  newBoot: boolean,
): Promise<void> {
  const { state } = container;
  if (finding.kind === 'runs') {
    container.launch = finding.launch;
    if (state.status === 'starting') {
      container.become({
        status: 'running',
        process: {
          pid: finding.state.pid,
          startTime: String(finding.state.startTime),
          bootId: engine.bootId,
        },
        startedAt: rfc3339FromNanos(finding.state.startedAt),
      });
      engine.states.write(container);
      emitContainer(engine, container, 'start');
    }
    engine.log.info(`container ${container.name} goes on as pid ${finding.state.pid}`);
    const startedAt = parseRfc3339(lastStart(container.state) ?? '');
    startHealth(engine, container, Math.max(1, engine.clock.now().ms - startedAt));
    superviseExit(engine, container, finding.launch);
    return;
  }
  await abandon(readLauncher(container));
  const spec = readLaunchFile(container)?.spec;
  await endLeft(engine, state, spec);
  if (finding.kind === 'not-started') {
    if (state.status === 'starting') {
      const failure = {
        exitCode: 128,
        oomKilled: false,
        error: `the start did not complete: ${finding.why}`,
        finishedAt: rfc3339(engine.clock.now()),
      };
      container.become(
        state.before.status === 'created'
          ? { status: 'created', failure }
          : { status: 'exited', startedAt: state.before.startedAt, exit: state.before.exit },
      );
      engine.states.write(container);
    }
  } else {
    await recordMissedExit(engine, container, finding, newBoot);
  }
  await removeRunDirectory(container.runDir);
}

async function recordMissedExit(
  engine: Engine,
  container: Container,
  finding: Extract<Finding, { kind: 'ended' }>,
  newBoot: boolean,
): Promise<void> {
  const { exit, shim } = finding;
  const fromFile = startOnFile(container);
  if (container.state.status === 'starting') emitContainer(engine, container, 'start');
  const startedAt = fromFile ?? lastStart(container.state) ?? exit.finishedAt;
  container.become({ status: 'exiting', startedAt, exit });
  const ranFor = Math.max(0, parseRfc3339(exit.finishedAt) - parseRfc3339(startedAt));
  recordExit(engine, container, exit, ranFor);
  await shim?.reap().catch(() => {});
  shim?.close();
  if (newBoot && container.state.status === 'restarting') return;
  if (container.state.status === 'exited') afterExit(engine, container);
}

function startOnFile(container: Container): string | undefined {
  try {
    const exit = parseExitFile(readFileSync(join(container.runDir, 'exit'), 'utf8'));
    return exit?.type === 'exited' && exit.startedAt > 0n ? rfc3339FromNanos(exit.startedAt) : undefined;
  } catch {
    return undefined;
  }
}

function startAfterBoot(engine: Engine, container: Container, wasRunning: boolean): void {
  const { state, mutable } = container;
  if (state.status !== 'exited' && state.status !== 'created') return;
  const wanted = startsWithEngine(parseRestartPolicy(container.hostConfig.RestartPolicy), {
    wasRunning,
    stoppedByUser: mutable.stoppedByUser,
    exitCode: state.status === 'exited' ? state.exit.exitCode : 0,
  });
  if (!wanted || state.status === 'created') return;
  void container.serial
    .run(() => startContainer(engine, container))
    .catch((error) => engine.log.error(`starting ${container.name} after the machine's start`, error));
}
