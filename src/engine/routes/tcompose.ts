import { existsSync } from 'node:fs';
import type { EngineStatus, HandoverRequest, ShutdownRequest } from '../api/engine.ts';
import type { PreflightRequest, PreflightResponse } from '../api/preflight.ts';
import { handoverShape, preflightShape, shutdownShape } from '../api/request-shapes.ts';
import { stopAll } from '../containers/lifecycle/stop-all.ts';
import { preflight } from '../containers/preflight.ts';
import type { Engine } from '../context.ts';
import { badParameter, conflict } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { shownRuntimes } from '../runtimes/shown.ts';

/** What the engine's process can be asked to do. */
export interface Lifetime {
  readonly startedAt: number;
  readonly idleAfterSeconds: number;
  readonly openStreams: () => number;
  /** Ends engine and keeper: accepts no more requests, closes its streams, exits. Containers keep running. */
  readonly end: (why: string) => void;
}

/** /tcompose/…: what Docker's API does not cover. */
export function tcomposeRoutes(engine: Engine, lifetime: Lifetime): Route[] {
  return [
    {
      method: 'GET',
      path: '/tcompose/status',
      handler: (exchange) => exchange.send(200, status(engine, lifetime)),
    },
    {
      method: 'POST',
      path: '/tcompose/preflight',
      body: preflightShape,
      async handler(exchange) {
        const answer: PreflightResponse = {
          problems: await preflight(engine, await exchange.json<PreflightRequest>()),
        };
        exchange.send(200, answer);
      },
    },
    {
      method: 'POST',
      path: '/tcompose/handover',
      body: handoverShape,
      async handler(exchange) {
        const request = await exchange.json<HandoverRequest>();
        if (
          request.engine !== undefined &&
          (!request.engine.startsWith('/') || !existsSync(request.engine))
        ) {
          throw badParameter(`there is no engine at ${request.engine}`);
        }
        exchange.send(202, { pid: process.pid });
        // Several clients may request it at once; for all but the first this engine already has the wanted version.
        if (request.version === engine.version) return;
        lifetime.end(`hand-over to ${request.version ?? 'another version'} (${request.engine ?? 'unknown'})`);
      },
    },
    {
      method: 'POST',
      path: '/tcompose/shutdown',
      body: shutdownShape,
      async handler(exchange) {
        const request = await exchange.json<ShutdownRequest>();
        if (request.containers === true) await stopAll(engine);
        const running = engine.containers.all().filter((container) => container.up);
        if (running.length > 0 && request.force !== true) {
          throw conflict(
            `${running.length} ${running.length === 1 ? 'container runs' : 'containers run'}: ${running.map((container) => container.name).join(', ')}`,
            'stop them first, or force: they then go on and the next engine takes them over',
          );
        }
        exchange.send(202, { pid: process.pid });
        lifetime.end('a client asked for it');
      },
    },
  ];
}

function status(engine: Engine, lifetime: Lifetime): EngineStatus {
  const containers = engine.containers.all();
  const count = (wanted: string): number => containers.filter(({ state }) => state.status === wanted).length;
  return {
    version: engine.version,
    pid: process.pid,
    keeperPid: engine.keeper.pid,
    instance: engine.instance,
    bootId: engine.bootId,
    uptimeSeconds: Math.floor((engine.clock.monotonic() - lifetime.startedAt) / 1000),
    containers: { total: containers.length, running: count('running'), paused: count('paused') },
    images: engine.images.list().length,
    runtimes: Object.keys(shownRuntimes(engine).shown),
    networks: engine.networks.all().length,
    volumes: engine.volumes.list().length,
    damaged: engine.damage.open().map(({ file, why, remedy }) => ({ file, why, remedy })),
    openStreams: lifetime.openStreams(),
    idleAfterSeconds: lifetime.idleAfterSeconds,
    paths: {
      lib: engine.layout.lib,
      run: engine.layout.run,
      socket: engine.layout.socket,
      log: engine.layout.log,
    },
  };
}
