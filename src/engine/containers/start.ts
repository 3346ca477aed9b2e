import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { RootfsSource } from '../../image/types.ts';
import type { PortBinding } from '../../network/index.ts';
import { buildLaunchPlan } from '../../runtime/build-launch-plan.ts';
import { explainFailure } from '../../runtime/explain-failure.ts';
import type { LaunchPlan } from '../../runtime/launch-plan.ts';
import { generateSpec } from '../../runtime/oci-spec.ts';
import type { OciSpec } from '../../runtime/oci-types.ts';
import { encodeLaunchPlan } from '../../runtime/plan-codec.ts';
import { connectShim, type ShimConnection } from '../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../runtime/shim/shim-messages.ts';
import { readAccountFiles, resolveUser } from '../../runtime/users.ts';
import { rfc3339 } from '../clock.ts';
import type { Engine } from '../context.ts';
import { conflict, notFound, notModified } from '../http/failure.ts';
import { writeJson } from '../store/json-file.ts';
import { attachedTo, gatewayNetwork, networkMode } from './attachments.ts';
import type { Container, Launch } from './container.ts';
import { allocate, attachNetwork, keepEndpoints } from './endpoints.ts';
import { emitContainer } from './events.ts';
import { superviseExit } from './exit.ts';
import { startHealth } from './health.ts';
import { writeHostFiles } from './host-files.ts';
import { parseLogConfig } from './log-config.ts';
import { collectPorts } from './port-spec.ts';
import { resolveDevices, resolveMounts, withDeviceNumbers } from './resolve-mounts.ts';
import { rollBack } from './roll-back.ts';
import { rootContext } from './root-context.ts';
import type { StoppedState } from './state.ts';

/** Refuses what can't be started, in dockerd's words. */
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

/**
 * Starts a container; to be run in its serial queue. Resolves when its command runs and its network stands. On failure
 * everything is undone, the container is what it was (with the error on record), and the error is thrown.
 */
export async function startContainer(engine: Engine, container: Container): Promise<void> {
  const before = startable(container);
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
  try {
    const rootfs = await engine.images.rootfs(image);
    undo.push(() => rootfs.release());
    const prepared = await prepare(engine, container, rootfs, undo);
    // Everything that must survive a crash from here on: the addresses, and that a start is under way.
    container.save();
    engine.fault('start:state');
    const shim = await spawn(engine, container, prepared.plan, undo);
    engine.fault('start:spawned');
    const state = await settle(container, shim, prepared.plan.waitForStart);
    if (state.type === 'failed') {
      throw explainFailure(
        { step: state.phase, errno: state.errno, detail: `${state.op} ${state.detail}`.trim() },
        {
          name: container.name,
          command: container.record.command,
          cwd: prepared.spec.process.cwd,
        },
      );
    }
    engine.fault('start:started');
    await attachNetwork(engine, container, shim, prepared.ports);
    engine.fault('start:network');
    const startedAt = rfc3339FromNanos(state.startedAt);
    container.become({
      status: 'running',
      process: {
        pid: state.type === 'started' ? state.pid : 0,
        startTime: state.type === 'started' ? String(state.startTime) : '0',
        bootId: engine.bootId,
      },
      startedAt,
    });
    const launch = newLaunch(engine, shim, prepared.spec, rootfs);
    container.launch = launch;
    container.save();
    engine.fault('start:running');
    if (state.type === 'started') {
      for (const warning of state.warnings) engine.log.warn(`${container.name}: ${warning}`);
    }
    emitContainer(engine, container, 'start');
    container.announce();
    startHealth(engine, container);
    superviseExit(engine, container, launch);
  } catch (error) {
    await rollBack(engine, container, before, undo, error);
    throw error;
  }
}

export function newLaunch(
  engine: Pick<Engine, 'clock'>,
  shim: ShimConnection,
  spec: OciSpec,
  rootfs: RootfsSource,
): Launch {
  let finish = (): void => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { shim, spec, rootfs, over, finish, since: engine.clock.monotonic() };
}

interface Prepared {
  readonly plan: LaunchPlan;
  readonly spec: OciSpec;
  readonly ports: readonly PortBinding[];
}

async function prepare(
  engine: Engine,
  container: Container,
  rootfs: RootfsSource,
  undo: (() => unknown)[],
): Promise<Prepared> {
  const { record } = container;
  const host = withDeviceNumbers(record.hostConfig);
  const mounts = resolveMounts(engine, record);
  if (container.mutable.attachments.bridge !== undefined) {
    const users = attachedTo(engine.containers.all(), container.mutable.attachments.bridge.networkId);
    await engine.networks.settleDefault(users.some(({ launch }) => launch !== undefined));
  }
  const attached = allocate(engine, container, undo);
  rmSync(container.runDir, { recursive: true, force: true });
  mkdirSync(container.runDir, { recursive: true, mode: 0o711 });
  undo.push(() => rm(container.runDir, { recursive: true, force: true }));

  const mode = networkMode(host.NetworkMode);
  const userPromise = readAccountFiles([container.upperDir, ...rootfs.lowerDirs]).then((files) =>
    resolveUser(record.config.User ?? '', files, host.GroupAdd ?? []),
  );
  const gateway = gatewayNetwork(container.mutable.attachments);
  const attachPromise =
    mode.kind === 'networks'
      ? engine.net.planAttach({
          containerId: container.id,
          containerName: container.name,
          endpoints: attached,
          ...(gateway === undefined ? {} : { gatewayNetworkId: gateway }),
          ports: collectPorts(host, record.config),
          exposedPorts: Object.keys(record.config.ExposedPorts ?? {}).map((port) =>
            Number.parseInt(port, 10),
          ),
        })
      : undefined;
  undo.push(() => engine.net.containerStopped(container.id));
  const [user, attach] = await Promise.all([userPromise, attachPromise]);
  const endpoints = attach?.endpoints ?? attached;
  keepEndpoints(container, endpoints, attach?.ports ?? []);
  const files = writeHostFiles(engine, container, endpoints);

  const shmDir = host.IpcMode === 'shareable' ? join(container.runDir, 'shm') : undefined;
  if (shmDir !== undefined) {
    mkdirSync(shmDir);
    chmodSync(shmDir, 0o1777);
  }
  const spec = generateSpec({
    id: container.id,
    instance: engine.instance,
    image: {},
    config: { ...record.config, Entrypoint: null, Cmd: record.command },
    hostConfig: host,
    mounts,
    user,
    files,
    joined: joinedPids(engine, container),
    ...(shmDir === undefined ? {} : { shmDir }),
    devices: resolveDevices(host),
    machine: engine.machine,
  });
  const log = parseLogConfig(host.LogConfig, container.logPath);
  const [rows = 0, columns = 0] = host.ConsoleSize ?? [];
  const plan: LaunchPlan = {
    ...buildLaunchPlan(spec, {
      id: container.id,
      runDir: container.runDir,
      stdio: {
        tty: record.config.Tty ?? false,
        rows,
        columns,
        stdin: record.config.OpenStdin ?? false,
        stdinOnce: record.config.StdinOnce ?? false,
      },
      ...(log === undefined ? {} : { log }),
      rootfs: await rootContext(engine, container, rootfs),
      ...(attach === undefined ? {} : { attach: { host: attach.host, network: attach.network } }),
      machine: engine.machine,
      init: host.Init ?? false,
    }),
    waitForStart: container.pendingAttaches.size > 0,
  };
  writeJson(join(container.runDir, 'spec.json'), spec);
  return { plan, spec, ports: attach?.ports ?? [] };
}

function joinedPids(
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

async function spawn(
  engine: Engine,
  container: Container,
  plan: LaunchPlan,
  undo: (() => unknown)[],
): Promise<ShimConnection> {
  await engine.keeper.spawn(encodeLaunchPlan(plan), container.runDir);
  const shim = await connectShim(container.runDir);
  undo.push(async () => {
    await shim.signal(9).catch(() => {});
    await shim.reap().catch(() => {});
    shim.close();
  });
  return shim;
}

type Settled = Extract<ShimState, { type: 'started' | 'failed' | 'exited' }>;

/** Waits until the command runs or never will; lets waiting clients attach in between. */
export function settle(container: Container, shim: ShimConnection, waits: boolean): Promise<Settled> {
  return new Promise((resolve, reject) => {
    let releasing = false;
    const offClose = shim.onClose((cause) =>
      reject(
        new TcomposeError('ENGINE_START_CONTAINER', `the shim of ${container.name} died while starting it`, {
          cause,
        }),
      ),
    );
    const offState = shim.onState((state) => {
      if (state.type === 'created') {
        if (!waits || releasing) return;
        releasing = true;
        connectAttaches(container, shim)
          .then(() => shim.start())
          .catch(reject);
        return;
      }
      offClose();
      queueMicrotask(() => offState());
      resolve(state);
    });
  });
}

async function connectAttaches(container: Container, shim: ShimConnection): Promise<void> {
  const pending = [...container.pendingAttaches];
  container.pendingAttaches.clear();
  await Promise.all(
    pending.map(async (one) => {
      try {
        one.connected(await shim.attach(one.streams));
      } catch (error) {
        one.failed(error as Error);
      }
    }),
  );
}

/** RFC 3339 of nanoseconds since the epoch. */
export function rfc3339FromNanos(nanos: bigint): string {
  return rfc3339({ ms: Number(nanos / 1_000_000n), nanos: Number(nanos % 1_000_000n) });
}
