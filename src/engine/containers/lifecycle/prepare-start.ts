import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsSource } from '../../../image/types.ts';
import type { PortBinding } from '../../../network/index.ts';
import type { Launcher } from '../../../runtime/foreign/launcher.ts';
import { buildLaunchPlan } from '../../../runtime/launch/build-launch-plan.ts';
import type { LaunchPlan } from '../../../runtime/launch/launch-plan.ts';
import { generateSpec } from '../../../runtime/spec/oci-spec.ts';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import { type ResolvedUser, resolveUser } from '../../../runtime/spec/users.ts';
import type { Engine } from '../../context.ts';
import { chooseLauncher, foreignRun } from '../../runtimes/launchers.ts';
import { removeRunDirectory } from '../../store/remove-run-directory.ts';
import type { Container } from '../container.ts';
import { allocate, keepEndpoints } from '../endpoints.ts';
import { writeHostFiles } from '../host/host-files.ts';
import { imageRoot, prepareImageMounts } from '../host/image-mounts.ts';
import { giveToRoot, keptUser } from '../host/kept-owners.ts';
import { mountForLaunch } from '../host/mount-for-launch.ts';
import { resolveDevices, resolveMounts, withDeviceNumbers } from '../host/resolve-mounts.ts';
import { rootContext } from '../host/root-context.ts';
import type { StoredMount } from '../record.ts';
import { accountFilesOf } from '../root/image-accounts.ts';
import { imageSubpath } from '../root/stopped-root.ts';
import { unusedLog } from '../spare-parts.ts';
import { attachedTo, gatewayOrder, networkMode } from '../spec/attachments.ts';
import { parseLogConfig } from '../spec/log-config.ts';
import { collectPorts } from '../spec/port-spec.ts';
import { joinedPids } from './joined-pids.ts';
import { writeLaunchFile } from './launch-file.ts';

/** What a start needs from its preparation. */
export interface Prepared {
  readonly plan: LaunchPlan;
  readonly spec: OciSpec;
  readonly launcher: Launcher;
  readonly ports: readonly PortBinding[];
  /** To be called when the container's mount namespace has everything it needs; idempotent. */
  readonly releaseMounts: () => void;
}

/**
 * All parts of a start before its shim: addresses, ports, the run directory and its files, the spec and the plan. Steps
 * to undo on failure are added to `undo`. A container that starts `beside` another publishes no ports.
 */
export async function prepare(
  engine: Engine,
  container: Container,
  rootfs: RootfsSource,
  undo: (() => unknown)[],
  beside = false,
): Promise<Prepared> {
  const { record } = container;
  const launcher = chooseLauncher(engine, container);
  const host = withDeviceNumbers(container.hostConfig);
  const mounts = resolveMounts(engine, record, {
    root: (mount) => imageRoot(container, rootfs.storage, mount),
    subpath: (mount) => subpathOf(engine, container, mount),
  });
  if (container.mutable.attachments.bridge !== undefined) {
    const users = attachedTo(engine.containers.all(), container.mutable.attachments.bridge.networkId);
    await engine.networks.settleDefault(users.some(({ launch }) => launch !== undefined));
  }
  const attached = allocate(engine, container, undo);
  makeRunDir(engine, container.runDir);
  useLog(container);
  undo.push(() => removeRunDirectory(container.runDir));
  const images = await prepareImageMounts(engine, container, rootfs);

  const mode = networkMode(host.NetworkMode);
  const userPromise = userOf(engine, container, host.GroupAdd ?? []);
  const attachPromise =
    mode.kind === 'networks'
      ? engine.net.planAttach({
          containerId: container.id,
          containerName: container.name,
          endpoints: attached,
          gatewayOrder: gatewayOrder(container.mutable.attachments),
          ports: beside ? [] : collectPorts(host, record.config),
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
  giveToRoot(engine.machine, host, Object.values(files));

  const shmDir = host.IpcMode === 'shareable' ? join(container.runDir, 'shm') : undefined;
  if (shmDir !== undefined) {
    mkdirSync(shmDir);
    chmodSync(shmDir, 0o1777);
  }
  const spec = generateSpec({
    id: container.id,
    instance: engine.instance,
    config: { ...record.config, Entrypoint: null, Cmd: record.command },
    hostConfig: host,
    mounts,
    user,
    files,
    joined: joinedPids(engine, container),
    ...(shmDir === undefined ? {} : { shmDir }),
    devices: resolveDevices(host, engine.privilege.kind === 'root'),
    machine: engine.machine,
  });
  // Clients that show containers as they start followed events before.
  const log = parseLogConfig(host.LogConfig, container.logPath, engine.events.listeners > 0);
  const [rows = 0, columns = 0] = host.ConsoleSize ?? [];
  const root = await rootContext(engine, container, rootfs);
  const mounted = mountForLaunch(
    rootfs.storage.kind === 'overlay' ? rootfs.storage : {},
    join(container.runDir, 'root'),
    root,
    images,
  );
  undo.push(mounted.release);
  const ownPlan: LaunchPlan = {
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
      rootfs: mounted.rootfs,
      images: mounted.images,
      ...(attach === undefined ? {} : { attach: { host: attach.host, network: attach.network } }),
      machine: engine.machine,
      init: host.Init ?? false,
    }),
    waitForStart: container.pendingAttaches.size > 0,
  };
  writeLaunchFile(container, spec);
  const plan =
    launcher.kind === 'own'
      ? ownPlan
      : foreignRun(launcher, ownPlan, spec, {
          rootfs: mounted.rootfs,
          machine: engine.machine,
        });
  return { plan, spec, launcher, ports: attach?.ports ?? [], releaseMounts: mounted.release };
}

/** Path in a mounted image. The launch refuses a path that is missing or would lead out of it. */
function subpathOf(engine: Engine, container: Container, mount: StoredMount): string | undefined {
  if (!mount.subpath || mount.subpath.split('/').includes('..')) return mount.subpath;
  return imageSubpath(engine, container, mount) ?? mount.subpath;
}

/** Uses the log that was made ahead, if there is one; the shim makes a missing one. */
function useLog({ directory, logPath }: Container): void {
  try {
    renameSync(join(directory, unusedLog), logPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** An empty run directory, without anything from an earlier start. */
function makeRunDir(engine: Pick<Engine, 'spares'>, path: string): void {
  if (engine.spares.runs.take(path)) return;
  try {
    mkdirSync(path, { mode: 0o700 });
    return;
  } catch (error) {
    if (!['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/**
 * The user that the command runs as, by the account files that the container sees; by default, if the engine's user
 * keeps the same ids, that user.
 */
export async function userOf(
  engine: Engine,
  container: Container,
  groupAdd: readonly string[],
): Promise<ResolvedUser> {
  const user = container.record.config.User || keptUser(engine.machine, container.hostConfig);
  return resolveUser(user, await accountFilesOf(engine, container), groupAdd);
}
