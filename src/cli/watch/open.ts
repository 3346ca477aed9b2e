import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { execute } from '../../project/execute/index.ts';
import type { UpOptions } from '../../project/plan-up/options.ts';
import type { CliContext } from '../context.ts';
import { matchServices } from '../project.ts';
import { registryOf } from '../run-plan.ts';
import { isBackground } from './background/is-background.ts';
import { lockProject } from './background/project-lock.ts';
import { type LoadedConfiguration, loadConfiguration, planChanges } from './configuration.ts';

import { rebuild } from './rebuild.ts';
import type { Configuration } from './reconfigure.ts';
import { WatchSession } from './session/session.ts';
import type { SessionOptions } from './session/session-options.ts';

interface OpenWatch {
  readonly client: EngineClient;
  readonly loaded: LoadedConfiguration;
  /** Services named on the command line; none means all. */
  readonly services: readonly string[];
  readonly emit: EventSink;
  /** The options of the preceding `up`, to determine the effect of an edit of the configuration. */
  readonly up: UpOptions;
  /** Changes the command line makes to the project. */
  readonly adjust?: (project: Project) => Project;
  /** Carry out edits of the configuration without asking. */
  readonly yes: boolean;
  readonly noDeps?: boolean;
  /** Builds without their output. */
  readonly quiet?: boolean;
  /** Remove images that a build has replaced; default: yes. */
  readonly prune?: boolean;
}

/**
 * The watch session of a command. @throws TcomposeError when there is nothing to watch, or another process watches the
 * project
 */
export async function openWatch(ctx: CliContext, input: OpenWatch): Promise<WatchSession> {
  const release = await lock(ctx, input);
  try {
    return await WatchSession.open(sessionOptions(ctx, input, release));
  } catch (error) {
    release();
    throw error;
  }
}

async function lock(ctx: CliContext, { client, loaded }: OpenWatch): Promise<() => void> {
  if (ctx.globals.dryRun) return () => {};
  const { ID } = await client.system.info();
  return lockProject({ project: loaded.project.name, engine: ID }, { background: isBackground(ctx) });
}

function sessionOptions(ctx: CliContext, input: OpenWatch, release: () => void): SessionOptions {
  const { client, loaded, services, emit } = input;
  return {
    client,
    project: loaded.project,
    services: (project) => matchServices(Object.keys(project.services), services),
    emit,
    now: ctx.now,
    parallel: ctx.globals.parallel,
    cwd: ctx.cwd,
    env: ctx.env,
    release,
    rebuild: (names, project, beforeStart) =>
      rebuild(ctx, { client, project, names, emit, beforeStart, quiet: input.quiet, prune: input.prune }),
    configuration: configurationOf(ctx, input),
  };
}

function configurationOf(ctx: CliContext, input: OpenWatch): Configuration {
  const { client, loaded, services, emit, up, adjust = (project: Project) => project, yes } = input;
  const options: UpOptions = { ...up, recreate: 'diverged', recreateDependencies: 'diverged' };
  return {
    files: loaded.files,
    load: async () => {
      const { project, files } = await loadConfiguration(ctx, services, { noDeps: input.noDeps === true });
      return { project: adjust(project), files };
    },
    plan: ({ project }) => planChanges(client, project, options),
    asks: !yes,
    agrees: async () => (await import('../render/confirm.ts')).confirm(ctx, 'Apply this?'),
    run: async (plan, { beforeStart }) => {
      await execute(plan, {
        client,
        project: loaded.project.name,
        emit,
        now: ctx.now,
        signal: new AbortController().signal,
        parallel: ctx.globals.parallel,
        ...(await registryOf(ctx, plan, client)),
        ...(beforeStart === undefined ? {} : { beforeStart }),
      });
    },
  };
}
