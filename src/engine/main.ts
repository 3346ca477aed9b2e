import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { request as httpRequest, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TcomposeError } from '../errors.ts';
import { createImageStore, libcLayerSystem } from '../image/index.ts';
import { createNetworkService } from '../network/index.ts';
import { enableControllers } from '../runtime/cgroup-enable.ts';
import { readMachineFacts } from '../runtime/machine-facts.ts';
import { encodeNetworkOps } from '../runtime/plan-codec.ts';
import { connectKeeper, type KeeperConnection } from '../runtime/shim/keeper-client.ts';
import { acquireLock, type HeldLock } from '../sys/flock.ts';
import { version } from '../version.ts';
import { rfc3339, systemClock } from './clock.ts';
import { adoptContainers } from './containers/adopt.ts';
import { loadContainers } from './containers/load.ts';
import { clearOrphans, removeCgroupParents } from './containers/orphans.ts';
import { enterOwnGroup, leaveOwnGroup } from './containers/own-group.ts';
import { createContainerRegistry } from './containers/registry.ts';
import { warmStartPath } from './containers/warm-start.ts';
import type { Engine } from './context.ts';
import { openJournal } from './events/journal.ts';
import { createExecRegistry } from './exec/registry.ts';
import { createFaults } from './fault.ts';
import { createRouter } from './http/router.ts';
import { apiVersion, createApiServer } from './http/server.ts';
import { countRequests, endWhenIdle, idleSeconds } from './lifetime.ts';
import { createLog } from './log-sink.ts';
import { openNetworks } from './networks.ts';
import { allRoutes } from './routes/all.ts';
import { writeJson } from './store/json-file.ts';
import {
  checkFormat,
  type Layout,
  locate,
  makeDirectories,
  readBootId,
  readInstance,
} from './store/layout.ts';
import { openTrash } from './store/trash.ts';
import { openVolumes } from './volumes.ts';

/**
 * The engine process. Started by the keeper as `node engine.cjs --lib DIR --run DIR` with fd 3 (see shim-protocol.ts);
 * exit 0 ends the keeper too, any other exit makes it start the next engine.
 */

/** How long an engine waits for the lock of one that is ending, milliseconds. */
const lockPatience = 10_000;

const log = createLog(systemClock, (line) => process.stderr.write(line), process.env.TCOMPOSE_DEBUG === '1');

process.on('unhandledRejection', (reason) => log.error('a promise was rejected and nobody looked', reason));
process.on('uncaughtException', (error) => {
  log.error('ending after an error that nothing caught', error);
  process.exit(1);
});

main().catch((error: unknown) => {
  const hint = error instanceof TcomposeError && error.hint !== undefined ? ` (${error.hint})` : '';
  log.error(`the engine cannot run: ${error instanceof Error ? error.message : String(error)}${hint}`);
  if (!(error instanceof TcomposeError)) log.error('where it happened', error);
  process.exit(1);
});

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { lib: { type: 'string' }, run: { type: 'string' } } });
  if (process.getuid?.() !== 0) {
    throw new TcomposeError(
      'CLI_NOT_ROOT',
      'containers need root on this machine, and this user is not root',
      {
        hint: 'start it with sudo',
      },
    );
  }
  const layout = locate(
    { ...(values.lib ? { lib: values.lib } : {}), ...(values.run ? { run: values.run } : {}) },
    process.env,
  );
  if (Buffer.byteLength(`${layout.socket}.new`) > 107) {
    throw new TcomposeError(
      'ENGINE_START_FAILED',
      `${layout.socket} is too long for a unix socket's address.`,
      {
        hint: 'choose a shorter TCOMPOSE_ROOT, at most 90 characters',
      },
    );
  }
  makeDirectories(layout);
  const keeper = await connectKeeper(Number(process.env.TCOMPOSE_KEEPER_FD ?? 3));
  let lock: HeldLock;
  try {
    lock = await takeLock(layout);
    checkFormat(layout);
  } catch (error) {
    // Trying again can't help: the keeper is not to start another engine.
    keeper.shutdown();
    throw error;
  }
  const engine = await assemble(layout, keeper);
  await serve(engine, lock, keeper);
}

async function takeLock(layout: Layout): Promise<HeldLock> {
  for (let waited = 0; ; waited += 20) {
    const lock = acquireLock(layout.lock);
    if (lock !== null) return lock;
    if (waited >= lockPatience) {
      throw new TcomposeError('ENGINE_LOCKED', `another engine holds ${layout.lock}`, {
        hint: 'one engine serves a state directory; use that one, or set another TCOMPOSE_ROOT',
      });
    }
    await sleep(20);
  }
}

async function assemble(layout: Layout, keeper: KeeperConnection): Promise<Engine> {
  const instance = readInstance(layout);
  const bootId = readBootId();
  const warn = (message: string): void => log.warn(message);
  const net = createNetworkService({
    instance,
    lockPath: layout.lock,
    now: () => systemClock.monotonic(),
    timestamp: () => rfc3339(systemClock.now()),
    warn,
    runOps: async (containerId, ops) => {
      await containers.get(containerId)?.launch?.shim.network(encodeNetworkOps(ops));
    },
  });
  const volumes = openVolumes(layout.volumes, systemClock, warn);
  const networks = openNetworks(layout.networks, () => net, warn);
  const containers = createContainerRegistry();
  const facts = readMachineFacts();
  const { layout: cgroups, problems } = enableControllers(facts.cgroups);
  problems.forEach(warn);
  const machine = { ...facts, cgroups };
  const moved = enterOwnGroup({ machine, instance, keeper, log });
  const engine: Engine = {
    version,
    layout,
    instance,
    bootId,
    clock: systemClock,
    log,
    fault: createFaults(process.env),
    machine,
    keeper,
    events: openJournal(layout.events, systemClock, warn),
    images: createImageStore({
      root: layout.lib,
      release: version,
      system: await libcLayerSystem(),
      warn,
      now: () => systemClock.now().ms,
    }),
    volumes,
    networks,
    net,
    containers,
    execs: createExecRegistry(),
    trash: { lib: openTrash(layout.trash, warn), run: openTrash(layout.runTrash, warn) },
  };
  loadContainers(layout, containers, volumes, log);
  const newBoot = isNewBoot(layout, bootId);
  await moved;
  await adoptContainers(engine, newBoot);
  networks.ensurePredefined();
  await clearOrphans(engine);
  engine.trash.lib.sweep();
  engine.trash.run.sweep();
  return engine;
}

function isNewBoot(layout: Layout, bootId: string): boolean {
  const path = join(layout.lib, 'boot');
  let before: string | undefined;
  try {
    before = JSON.parse(readFileSync(path, 'utf8')) as string;
  } catch {
    before = undefined;
  }
  if (before !== bootId) writeJson(path, bootId);
  return before !== undefined && before !== bootId;
}

async function serve(engine: Engine, lock: HeldLock, keeper: KeeperConnection): Promise<void> {
  const { layout } = engine;
  const requests = countRequests();
  const idle = idleSeconds(process.env, log);
  let ending = false;
  const end = (why: string, exitCode: 0 | 1): void => {
    if (ending) return;
    ending = true;
    log.info(`ending: ${why}`);
    rmSync(layout.socket, { force: true });
    server.close();
    if (exitCode === 0) keeper.shutdown();
    // What is being answered gets a moment; streams that last are cut, their clients know how to come back.
    setTimeout(() => {
      server.closeAllConnections();
      void finish(engine, lock).then(() => process.exit(exitCode));
    }, 20);
  };
  const routes = allRoutes(engine, {
    startedAt: engine.clock.monotonic(),
    idleAfterSeconds: idle,
    openStreams: () => requests.open,
    end: (why) => end(why, 0),
  });
  const headers = {
    'Api-Version': apiVersion,
    'Docker-Experimental': 'false',
    Ostype: 'linux',
    Server: `tcompose/${version} (linux)`,
  };
  const server = createApiServer(createRouter(routes), headers, {
    begin: () => requests.begin(),
    failed(label, error) {
      if (error instanceof TcomposeError) log.debug(`${label}: ${error.message}`);
      else log.error(label, error);
    },
  });
  keeper.onKeeperGone(() => {
    log.error('the keeper is gone; starting another, which starts the next engine');
    startKeeper(layout);
    end('the keeper is gone', 1);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal, 0));
  await listen(server, layout);
  keeper.serves();
  endWhenIdle(engine, requests, idle, (span) => end(`nothing to do for ${span} s`, 0));
  log.info(`tcompose ${version} serves ${layout.socket} (instance ${engine.instance}, pid ${process.pid})`);
  // Clients can connect already, and take a moment to.
  setImmediate(() => {
    try {
      warmStartPath(engine);
    } catch (error) {
      log.debug(`warming up: ${(error as Error).message}`);
    }
  });
}

/** Listens under another name, warms up by asking itself, then takes the socket's name: no client meets a cold engine. */
async function listen(server: Server, layout: Layout): Promise<void> {
  const temporary = `${layout.socket}.new`;
  rmSync(temporary, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(temporary, 1024, resolve);
  });
  chmodSync(temporary, 0o660);
  for (const path of ['/_ping', '/v1.47/containers/json?all=1', '/v1.47/networks', '/version']) {
    await ask(temporary, path);
  }
  renameSync(temporary, layout.socket);
}

function ask(socketPath: string, path: string): Promise<void> {
  return new Promise((resolve) => {
    const request = httpRequest({ socketPath, path, agent: false }, (response) => {
      response.resume();
      response.on('close', () => resolve());
    });
    request.on('error', () => resolve());
    request.end();
  });
}

/** With no container up, nothing of this engine root stays in the kernel: bridges and firewall entries come back when needed. */
async function finish(engine: Engine, lock: HeldLock): Promise<void> {
  const containers = engine.containers.all();
  for (const container of containers) container.health?.stop();
  if (!containers.some((container) => container.up)) {
    const removals = engine.networks
      .all()
      .map((record) =>
        engine.net
          .removeNetwork(record)
          .catch((error) => log.error(`taking network ${record.name} off the machine`, error)),
      );
    await Promise.race([Promise.all([...removals, engine.networks.settled()]), sleep(2000)]);
    leaveOwnGroup(engine);
    removeCgroupParents(engine);
  }
  const { lib, run } = engine.trash;
  await Promise.race([
    Promise.all([engine.net.close(), engine.images.close(), lib.empty(), run.empty()]),
    sleep(2000),
  ]);
  engine.events.close();
  lock.release();
}

function startKeeper(layout: Layout): void {
  const shim = process.env.TCOMPOSE_SHIM;
  if (shim === undefined) return;
  const argv = [
    'keeper',
    '--lib',
    layout.lib,
    '--run',
    layout.run,
    '--engine',
    process.execPath,
    process.argv[1]!,
  ];
  spawn(shim, argv, { stdio: 'ignore', detached: true, cwd: '/' }).unref();
}
