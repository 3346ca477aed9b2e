import type { ShimAttachment } from '../../runtime/shim/attach.ts';
import type { Container } from '../containers/container.ts';
import { emitContainer } from '../containers/events.ts';
import { cgroupPaths } from '../containers/host/cgroup.ts';
import { logGrowth } from '../containers/host/log-growth.ts';
import { lastExit, shownStatus } from '../containers/state.ts';
import { containerPids } from '../containers/view/container-pids.ts';
import { sumProcesses } from '../containers/view/process-sums.ts';
import { readStats, type StatsSample, statsFor } from '../containers/view/stats.ts';
import type { Engine } from '../context.ts';
import { exactTimeValue, flag } from '../filters.ts';
import { type Exchange, outputType } from '../http/exchange.ts';
import { badParameter, conflict } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { logTime } from '../logs/cri-line.ts';
import { encodeLogBatch } from '../logs/log-batch.ts';
import { readLog } from '../logs/read-log.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { pumpAttachment } from './pump.ts';

const waitConditions = ['not-running', 'next-exit', 'removed'];

/** /containers/{id}/…: long-lived answers. */
export function containerStreamRoutes(engine: Engine): Route[] {
  const named = (exchange: Exchange): Container => engine.containers.need(exchange.params.id!);
  return [
    {
      method: 'POST',
      path: '/containers/{id}/wait',
      query: { condition: 'text' },
      handler: (exchange) => wait(named(exchange), exchange),
    },
    {
      method: 'GET',
      path: '/containers/{id}/logs',
      query: {
        stdout: 'flag',
        stderr: 'flag',
        tail: 'text',
        since: 'time',
        until: 'time',
        follow: 'flag',
        timestamps: 'flag',
        notices: 'flag',
      },
      handler: (exchange) => logs(engine, named(exchange), exchange),
    },
    {
      method: 'POST',
      path: '/containers/{id}/attach',
      query: {
        stdin: 'flag',
        stdout: 'flag',
        stderr: 'flag',
        stream: 'flag',
        logs: 'flag',
        detachKeys: 'text',
      },
      body: 'bytes',
      handler: (exchange) => attach(engine, named(exchange), exchange),
    },
    {
      method: 'GET',
      path: '/containers/{id}/stats',
      query: { stream: 'flag', 'one-shot': 'flag' },
      handler: (exchange) => stats(engine, named(exchange), exchange),
    },
  ];
}

/** The answer's head is sent at once, so that a client knows that its wait has begun before it starts the container. */
async function wait(container: Container, exchange: Exchange): Promise<void> {
  const condition = exchange.query.get('condition') || 'not-running';
  if (!waitConditions.includes(condition)) throw badParameter(`invalid condition: "${condition}"`);
  const writer = exchange.stream(200, 'application/json');
  const exit = await new Promise<{ code: number; error: string }>((resolve) => {
    const result = (): { code: number; error: string } => {
      const last = lastExit(container.state);
      // A client that waits before it starts the container gets the error in the answer to its start.
      return { code: last?.exitCode ?? 0, error: condition === 'not-running' ? (last?.error ?? '') : '' };
    };
    if (condition === 'removed' ? container.gone : condition === 'not-running' && stopped(container)) {
      return resolve(result());
    }
    const release = container.onChange((state) => {
      const over = state === 'gone' || (condition !== 'removed' && isExit(container));
      if (!over) return;
      release();
      resolve(result());
    });
    exchange.signal.addEventListener('abort', () => {
      release();
      resolve(result());
    });
  });
  await writer.write(
    `${JSON.stringify({
      StatusCode: exit.code,
      ...(exit.error === '' ? {} : { Error: { Message: exit.error } }),
    })}\n`,
  );
  writer.end();
}

function stopped(container: Container): boolean {
  const status = shownStatus(container.state);
  return status !== 'running' && status !== 'paused' && status !== 'restarting' && !container.up;
}

function isExit(container: Container): boolean {
  const { status } = container.state;
  return (
    status === 'exited' ||
    status === 'restarting' ||
    (status === 'created' && container.state.failure !== undefined)
  );
}

async function logs(engine: Engine, container: Container, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const stdout = flag(query, 'stdout');
  const stderr = flag(query, 'stderr');
  if (!stdout && !stderr) throw badParameter('Bad parameters: you must choose at least one stream');
  if (container.hostConfig.LogConfig?.Type === 'none') {
    throw conflict('configured logging driver does not support reading');
  }
  const tty = container.record.config.Tty ?? false;
  const tail = query.get('tail');
  const now = engine.clock.now().ms;
  const since = exactTimeValue(query.get('since'), now);
  const until = exactTimeValue(query.get('until'), now);
  const follow = flag(query, 'follow');
  const writer = exchange.stream(200, outputType(exchange.version, tty));
  const options = {
    stdout,
    stderr,
    ...(since === undefined ? {} : { since: logTime(since) }),
    ...(until === undefined ? {} : { until: logTime(until) }),
    ...(tail === null || tail === '' || tail === 'all' || Number.isNaN(Number(tail))
      ? {}
      : { tail: Number(tail) }),
    ...(follow ? { follow: logGrowth(container) } : {}),
    notices: flag(query, 'notices'),
    signal: exchange.signal,
  };
  const encoding = { timestamps: flag(query, 'timestamps'), multiplexed: !tty };
  for await (const batch of readLog(container.logPath, options)) {
    await writer.write(encodeLogBatch(batch, encoding));
    if (writer.closed) break;
  }
  writer.end();
}

async function attach(engine: Engine, container: Container, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const streams = {
    stdin: flag(query, 'stdin'),
    stdout: flag(query, 'stdout'),
    stderr: flag(query, 'stderr'),
  };
  const live = flag(query, 'stream');
  const past = flag(query, 'logs');
  if (container.state.status === 'paused') {
    throw conflict(`container ${container.id} is paused, unpause the container before attach`);
  }
  const tty = container.record.config.Tty ?? false;
  const detachKeys = parseDetachKeys(query.get('detachKeys'));
  const hijacked = exchange.hijack(outputType(exchange.version, tty), container.id);
  emitContainer(engine, container, 'attach');
  if (past) {
    for await (const batch of readLog(container.logPath, {
      stdout: streams.stdout,
      stderr: streams.stderr,
    })) {
      await hijacked.output.write(encodeLogBatch(batch, { timestamps: false, multiplexed: !tty }));
    }
  }
  if (!live) return hijacked.output.end();
  try {
    const attachment = await waitForAttachment(container, streams, exchange);
    await pumpAttachment(attachment, hijacked, {
      tty,
      stdin: streams.stdin && (container.record.config.OpenStdin ?? false),
      signal: exchange.signal,
      detachKeys,
      detached: () => emitContainer(engine, container, 'detach'),
      // The client requests the exit code next.
      beforeEnd: () => container.launch?.over ?? Promise.resolve(),
    });
  } catch {
    // It never ran: the client that started it gets the reason in the answer to that, and should not see it twice.
    hijacked.output.end();
  }
}

/** At once if it runs; otherwise as soon as it is started, before its first byte of output. */
function waitForAttachment(
  container: Container,
  streams: { stdin: boolean; stdout: boolean; stderr: boolean },
  exchange: Exchange,
): Promise<ShimAttachment> {
  if (container.launch !== undefined) return container.launch.shim.attach(streams);
  return new Promise((resolve, reject) => {
    const pending = { streams, connected: resolve, failed: reject };
    container.pendingAttaches.add(pending);
    const forget = container.onChange((state) => {
      if (state !== 'gone') return;
      forget();
      reject(new Error('the container was removed'));
    });
    exchange.signal.addEventListener('abort', () => {
      forget();
      container.pendingAttaches.delete(pending);
      reject(new Error('the client went away'));
    });
  });
}

async function stats(engine: Engine, container: Container, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const stream = flag(query, 'stream', true);
  const oneShot = flag(query, 'one-shot');
  const writer = exchange.stream(200, 'application/json');
  let before: StatsSample | undefined;
  const sample = (): StatsSample | undefined => {
    const { launch, state } = container;
    if (launch === undefined || (state.status !== 'running' && state.status !== 'paused')) return undefined;
    const paths = cgroupPaths(engine, launch.spec);
    const sample = readStats(paths, state.process.pid, engine.clock.now());
    if (Object.keys(paths).length > 0) return sample;
    const { cpuUser, cpuSystem, memory, processes } = sumProcesses(containerPids(engine, container));
    const cpuTotal = cpuUser + cpuSystem;
    return { ...sample, cpuTotal, cpuUser, cpuSystem, memoryUsage: memory, pids: processes };
  };
  if (!stream) {
    if (!oneShot) {
      before = sample();
      await pause(1000, exchange.signal);
    }
    await writer.write(`${JSON.stringify(statsFor(container, sample(), before))}\n`);
    return writer.end();
  }
  while (!writer.closed && !container.gone) {
    const now = sample();
    await writer.write(`${JSON.stringify(statsFor(container, now, before))}\n`);
    before = now;
    await pause(1000, exchange.signal);
  }
  writer.end();
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
