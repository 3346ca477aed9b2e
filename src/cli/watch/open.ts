import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import type { CliContext } from '../context.ts';
import { notYet } from '../not-yet.ts';
import { matchServices } from '../project.ts';
import { WatchSession } from './session.ts';

interface OpenWatch {
  readonly client: EngineClient;
  readonly project: Project;
  /** Services named on the command line; none is all. */
  readonly services: readonly string[];
  readonly emit: EventSink;
}

/** A watch session of a command. @throws TcomposeError when there is nothing to watch */
export function openWatch(
  ctx: CliContext,
  { client, project, services, emit }: OpenWatch,
): Promise<WatchSession> {
  return WatchSession.open({
    client,
    project,
    services: matchServices(Object.keys(project.services), services),
    emit,
    now: ctx.now,
    parallel: ctx.globals.parallel,
    cwd: ctx.cwd,
    env: ctx.env,
    rebuild: async () => {
      throw notYet(
        'the action `rebuild` of watch',
        'Other actions go on; make the image another way and run `up`.',
      );
    },
  });
}
