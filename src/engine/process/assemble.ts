import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createImageStore,
  detectStorage,
  libcLayerSystem,
  storageWarning,
  threadJobs,
} from '../../image/index.ts';
import { createNetworkService } from '../../network/index.ts';
import { enableControllers } from '../../runtime/cgroup/cgroup-enable.ts';
import { encodeNetworkOps } from '../../runtime/launch/plan-codec.ts';
import { readMachineFacts } from '../../runtime/machine-facts.ts';
import type { KeeperConnection } from '../../runtime/shim/keeper-client.ts';
import { version } from '../../version.ts';
import { systemClock } from '../clock.ts';
import type { Container } from '../containers/container.ts';
import { detachLeftMounts } from '../containers/host/mount-for-launch.ts';
import { settleVolumeMounts } from '../containers/host/volume-mounts.ts';
import { adoptContainers } from '../containers/lifecycle/adopt.ts';
import { loadContainers } from '../containers/lifecycle/load.ts';
import { clearOrphans, execsLeft } from '../containers/lifecycle/orphans.ts';
import { removeContainer } from '../containers/lifecycle/remove.ts';
import { startContainer } from '../containers/lifecycle/start.ts';
import { createContainerRegistry } from '../containers/registry.ts';
import { openSpareParts } from '../containers/spare-parts.ts';
import { enterOwnGroup } from '../containers/spec/own-group.ts';
import { createStartHolds } from '../containers/start-holds.ts';
import { createStateWriter } from '../containers/state-writer.ts';
import type { Engine } from '../context.ts';
import { openJournal } from '../events/journal.ts';
import { createExecRegistry } from '../exec/registry.ts';
import { createFaults } from '../fault.ts';
import { readImageSettings } from '../images/image-settings.ts';
import { createRegistries } from '../images/registries.ts';
import type { EngineLog } from '../log-sink.ts';
import { openNetworks } from '../networks.ts';
import { builtInCatalog, createRuntimeCatalog } from '../runtimes/catalog.ts';
import { isNewBoot, readBootId } from '../store/boot.ts';
import type { DamageReport } from '../store/damage.ts';
import { refuseOnFullDisk } from '../store/full-disk.ts';
import { readInstance } from '../store/instance.ts';
import type { Layout } from '../store/layout.ts';
import { openTrash } from '../store/trash.ts';
import { rfc3339 } from '../time-text.ts';
import { openVolumes } from '../volumes.ts';
import { enterable, givenGroup, keepGroup } from './given-group.ts';
import { noticesOf } from './notices.ts';
import type { Privilege } from './privilege.ts';

/**
 * The engine's parts, after reading the state on disk, adopting running containers and removing a crash's leftovers. To
 * be called with the lock held.
 */
export async function assemble(
  layout: Layout,
  privilege: Privilege,
  keeper: KeeperConnection,
  log: EngineLog,
  damage: DamageReport,
): Promise<Engine> {
  const instance = readInstance(layout, damage);
  const bootId = readBootId();
  const warn = (message: string): void => log.warn(message);
  const net = createNetworkService({
    instance,
    lockPath: layout.lock,
    now: () => systemClock.monotonic(),
    timestamp: () => rfc3339(systemClock.now()),
    warn,
    ...(privilege.kind === 'rootless' ? { outside: { home: privilege.home } } : {}),
    runOps: async (containerId, ops) => {
      await containers.get(containerId)?.launch?.shim.network(encodeNetworkOps(ops));
    },
  });
  const notices = noticesOf(privilege, layout, log);
  const trash = { lib: openTrash(layout.trash, warn), run: openTrash(layout.runTrash, warn) };
  const volumes = openVolumes(layout.volumes, systemClock, trash.lib, { warn, damage });
  const networks = openNetworks(layout, () => net, { warn, damage });
  const containers = createContainerRegistry();
  const facts = readMachineFacts(givenGroup(process.env, layout.run, instance));
  const { layout: cgroups, problems } = enableControllers(enterable(facts.cgroups, instance));
  problems.forEach(warn);
  const misspelt = storageWarning(process.env);
  if (misspelt !== undefined) warn(misspelt);
  const machine = {
    ...facts,
    cgroups,
    ...(privilege.kind === 'rootless' ? { networkHome: privilege.network } : {}),
  };
  const inTurn = (container: Container, what: string, task: () => Promise<void>): void =>
    void container.serial.run(task).catch((error) => log.error(`${what} ${container.name}`, error));
  const moved = enterOwnGroup({ machine, instance, keeper, log });
  const jobs = threadJobs(fileURLToPath(new URL('./image-worker.cjs', import.meta.url)));
  const engine: Engine = {
    version,
    layout,
    instance,
    bootId,
    clock: systemClock,
    log,
    fault: createFaults(process.env),
    machine,
    privilege,
    keeper,
    events: openJournal(layout.events, systemClock, warn),
    runtimes:
      privilege.kind === 'root' ? createRuntimeCatalog(layout.config, process.env.PATH) : builtInCatalog,
    jobs,
    images: createImageStore({
      root: layout.lib,
      storage: detectStorage(layout.lib, process.env),
      release: version,
      system: await libcLayerSystem(),
      jobs,
      beforeWrite: refuseOnFullDisk,
      largestLayer: () => readImageSettings(layout.config).largestLayer,
      warn,
      damaged: (file, why) =>
        damage.add({
          kind: 'image',
          name: basename(file, '.json'),
          file,
          why,
          healed: false,
          remedy: 'It was put aside; pull, build or import the image again.',
        }),
      now: () => systemClock.now().ms,
    }),
    registries: createRegistries({
      config: layout.config,
      env: process.env,
      version,
      now: () => systemClock.now().ms,
      log,
    }),
    volumes,
    networks,
    net,
    containers,
    states: createStateWriter(log),
    holds: createStartHolds(warn),
    damage,
    followUps: {
      restart: (container) =>
        void engine.holds.clear(container).then(() =>
          inTurn(container, 'restarting', async () => {
            if (container.state.status === 'restarting') await startContainer(engine, container);
          }),
        ),
      autoRemove: (container) =>
        inTurn(container, 'removing', () =>
          removeContainer(engine, container, { force: true, volumes: true }),
        ),
    },
    execs: createExecRegistry(),
    trash,
    spares: openSpareParts(layout, trash),
  };
  loadContainers({ layout, bootId, registry: containers, volumes, damage, log });
  const newBoot = isNewBoot(layout, bootId);
  await moved;
  keepGroup(layout.run, cgroups);
  detachLeftMounts(layout);
  const execs = execsLeft(engine);
  await adoptContainers(engine, newBoot);
  networks.ensurePredefined();
  await clearOrphans(engine, execs);
  await settleVolumeMounts(engine);
  await notices;
  engine.trash.lib.sweep();
  engine.trash.run.sweep();
  return engine;
}
