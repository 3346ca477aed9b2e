import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { copiedPaths } from '../../project/content-parts.ts';
import { execute } from '../../project/execute/index.ts';
import { observe } from '../../project/observe.ts';
import { usedVolumes } from '../../project/plan-resources.ts';
import { planUp } from '../../project/plan-up/index.ts';
import { version } from '../../version.ts';
import type { CliContext } from '../context.ts';
import { isOwnEngine } from '../is-own-engine.ts';

import { runBuilds } from './run-builds.ts';

/** Builds services, and recreates their containers whose image has changed. */
export async function rebuildServices(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  services: ReadonlySet<string>,
  emit: CliContext['emit'],
  options: {
    readonly quiet?: boolean;
    /** Resolves when a container may be started. */
    readonly beforeStart?: NonNullable<Parameters<typeof execute>[1]['beforeStart']>;
  } = {},
): Promise<void> {
  await runBuilds(ctx, client, project, [...services], {
    args: {},
    noCache: false,
    quiet: options.quiet === true,
  });
  const observed = await observe(client, project.name, {
    volumes: usedVolumes(project).map((key) => project.volumes[key]!.name),
    files: copiedPaths(project),
    images: true,
  });
  const plan = planUp(project, observed, {
    recreate: 'diverged',
    recreateDependencies: 'never',
    roots: services,
    start: true,
    swap: isOwnEngine(client),
    wait: false,
    noDeps: true,
    removeOrphans: false,
    ignoreOrphans: true,
    renewAnonymousVolumes: false,
    renewVolumes: new Set(),
    timeout: undefined,
    images: { canPull: false, pull: 'never', nowMs: Date.now() },
    version,
    ...(ctx.globals.compatibility ? { separator: '_' as const } : {}),
  });
  await execute(plan, {
    client,
    project: project.name,
    emit,
    now: ctx.now,
    signal: new AbortController().signal,
    parallel: ctx.globals.parallel,
    ...(options.beforeStart === undefined ? {} : { beforeStart: options.beforeStart }),
  });
}
