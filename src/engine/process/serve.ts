import { rmSync, writeFileSync } from 'node:fs';
import { TcomposeError } from '../../errors.ts';
import type { HeldLock } from '../../sys/flock.ts';
import { trimMemory } from '../../sys/malloc-trim.ts';
import { releaseProgramPages } from '../../sys/program-pages.ts';
import { version } from '../../version.ts';
import { warmStartPath } from '../containers/lifecycle/warm-start.ts';
import type { Engine } from '../context.ts';
import { createRouter } from '../http/router.ts';
import { createApiServer } from '../http/server.ts';
import { apiVersion } from '../http/versions.ts';
import { allRoutes } from '../routes/all.ts';
import type { Layout } from '../store/layout.ts';
import { answerLoss } from './after-loss.ts';
import { finish } from './finish.ts';
import { giveMemoryBack } from './give-memory-back.ts';
import { countRequests, endWhenIdle, idleSeconds } from './idle.ts';
import { listen } from './listen.ts';
import { watchRoot } from './root-removed.ts';
import { watchEnds } from './watch-ends.ts';

const headers = {
  'Api-Version': apiVersion,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: `tcompose/${version} (linux)`,
};

/** Answers clients until something ends the engine; then the process exits: 0 also ends the keeper. */
export async function serve(engine: Engine, lock: HeldLock): Promise<void> {
  const { layout, keeper, log } = engine;
  const requests = countRequests();
  const idle = idleSeconds(process.env, log);
  let ending = false;
  let unwatch = (): void => {};
  const end = (why: string, exitCode: 0 | 1): void => {
    if (ending) return;
    ending = true;
    unwatch();
    log.info(`ending: ${why}`);
    rmSync(layout.socket, { force: true });
    server.close();
    if (exitCode === 0) {
      sayEnded(layout, why);
      keeper.shutdown();
    }
    // Requests in progress get a moment; streams are cut, because their clients know how to resume.
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
  const server = createApiServer(createRouter(routes), headers, {
    begin: () => requests.begin(),
    failed(label, error) {
      if (error instanceof TcomposeError) log.debug(`${label}: ${error.message}`);
      else log.error(label, error);
    },
    dropped: (sentence) => log.warn(sentence),
  });
  watchEnds(engine, { ending: () => ending, end });
  await listen(server, layout);
  keeper.serves();
  unwatch = watchRoot(
    layout,
    (loss) => void answerLoss(engine, loss, end),
    (message) => log.warn(message),
  );
  giveMemoryBack(requests, async () => {
    await trimMemory();
    await releaseProgramPages();
  });
  endWhenIdle(engine, requests, idle, (span) => end(`idle for ${span} s`, 0));
  log.info(`tcompose ${version} serves ${layout.socket} (instance ${engine.instance}, pid ${process.pid})`);
  // Clients can connect already, but take a moment to do so.
  setImmediate(() => warmUp(engine));
}

function warmUp(engine: Engine): void {
  try {
    warmStartPath(engine);
  } catch (error) {
    engine.log.debug(`warming up: ${(error as Error).message}`);
  }
}

/**
 * Lets a client that waits for an engine distinguish one that was meant to end from one that can't run
 * (client/start-engine.ts).
 */
function sayEnded(layout: Layout, why: string): void {
  try {
    writeFileSync(layout.ended, `${JSON.stringify({ pid: process.pid, why })}\n`);
  } catch {
    // A full disk: the client then reports only that the engine ended.
  }
}
