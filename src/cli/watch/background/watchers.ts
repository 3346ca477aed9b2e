import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { processRuns } from '../../../engine/client/process-runs.ts';
import { TcomposeError } from '../../../errors.ts';
import type { CliContext } from '../../context.ts';
import { type Holder, socketPrefix, watcherOf } from './project-lock.ts';
import { anySocket } from './socket-holder.ts';

/** Milliseconds that a watcher has to end, and between two checks. */
const endWithin = 20_000;
const lookEvery = 25;

/**
 * Which process watches which of these projects; if the machine has no watcher, the engine is not even asked for its
 * identifier.
 */
export async function watchersOf(
  client: EngineClient,
  projects: readonly string[],
): Promise<ReadonlyMap<string, Holder>> {
  const found = new Map<string, Holder>();
  if (projects.length === 0 || !anySocket(socketPrefix)) return found;
  const { ID: engine } = await client.system.info();
  for (const project of projects) {
    const holder = await watcherOf({ project, engine });
    if (holder !== undefined) found.set(project, holder);
  }
  return found;
}

/**
 * Ends a project's background watcher. @returns its pid; undefined if there was none
 * @throws TcomposeError CLI_WATCH when it can't be ended
 */
export async function endBackground(client: EngineClient, project: string): Promise<number | undefined> {
  const holder = (await watchersOf(client, [project])).get(project);
  if (holder?.background !== true) return undefined;
  try {
    process.kill(holder.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return holder.pid;
    throw new TcomposeError('CLI_WATCH', `process ${holder.pid}, which watches the project, can't be ended`, {
      cause: error,
      hint: 'It belongs to another user.',
    });
  }
  for (let waited = 0; waited < endWithin; waited += lookEvery) {
    const watches = (await watchersOf(client, [project])).get(project)?.pid === holder.pid;
    // It releases the project a little before it ends.
    if (!watches && !processRuns(holder.pid)) return holder.pid;
    await sleep(lookEvery);
  }
  throw new TcomposeError('CLI_WATCH', `process ${holder.pid}, which watches the project, does not end`, {
    hint: `It may be in the middle of something; \`kill -9 ${holder.pid}\` ends it at once, and leaves nothing behind.`,
  });
}

/** One line on standard error about a background watcher. */
export async function tellBackground(
  { stderr }: Pick<CliContext, 'stderr'>,
  client: EngineClient,
  project: string,
): Promise<void> {
  const holder = (await watchersOf(client, [project])).get(project);
  if (holder?.background === true)
    stderr.write(
      `process ${holder.pid} watches the files in the background (tcompose watch --stop ends it)\n`,
    );
}

/** The latest messages of a background watcher: its output is a file without a name, which disappears with it. */
export function outputOf({ pid }: Holder): string {
  try {
    return readFileSync(`/proc/${pid}/fd/1`, 'utf8');
  } catch {
    return '';
  }
}
