import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LoadEffects } from '../../compose/effects.ts';
import { nodeEffects } from '../../compose/effects.ts';
import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { copiedPaths } from '../../project/content-parts.ts';
import { observe } from '../../project/observe.ts';
import type { Plan } from '../../project/plan.ts';
import { divergedVolumes, usedVolumes } from '../../project/plan-resources.ts';
import { planUp } from '../../project/plan-up/index.ts';
import type { UpOptions } from '../../project/plan-up/options.ts';
import type { CliContext } from '../context.ts';
import { loadForCommand } from '../project.ts';

/** A project and the files it was made from: compose files, `.env`, env_files, and those that would be used if they existed. */
export interface LoadedConfiguration {
  readonly project: Project;
  readonly files: readonly string[];
}

/** Most files of a configuration to watch. */
const mostFiles = 200;

/** Loads the project of a command, recording which files are read. @throws TcomposeError(s) of the files */
export async function loadConfiguration(
  ctx: CliContext,
  services: readonly string[],
  options: { readonly noDeps?: boolean } = {},
): Promise<LoadedConfiguration> {
  const files = new Set<string>();
  const project = await loadForCommand(ctx, services, { ...options, effects: noting(files) });
  return { project, files: [...files].slice(0, mostFiles) };
}

function noting(files: Set<string>): LoadEffects {
  const effects = nodeEffects();
  return {
    ...effects,
    readFile: (path) => {
      files.add(path);
      return effects.readFile(path);
    },
    kind: async (path) => {
      const kind = await effects.kind(path);
      if (kind !== 'directory') files.add(path);
      return kind;
    },
    // A rule's path is the one that links lead to now; they may lead elsewhere later.
    realPath: async (path) => {
      const real = await effects.realPath(path);
      if (real !== path) for (const link of await linksOn(path)) files.add(link);
      return real;
    },
  };
}

/** The links among a path and its directories. */
async function linksOn(path: string): Promise<readonly string[]> {
  const links: string[] = [];
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    const stat = await lstat(at).catch(() => undefined);
    if (stat?.isSymbolicLink()) links.push(at);
  }
  return links;
}

/** The effect of an edit of the configuration. */
export interface Changes {
  /** Undefined: there is nothing to do. */
  readonly plan: Plan | undefined;
  /** Warnings even when nothing is done, for example about containers whose service is gone. */
  readonly warnings: readonly string[];
}

/**
 * What `up` would do to bring the containers in line with the edited project; nothing if none of it follows from the
 * configuration: a container that has ended is not started because of an edit.
 */
export async function planChanges(
  client: EngineClient,
  project: Project,
  options: UpOptions,
): Promise<Changes> {
  const observed = await observe(client, project.name, {
    volumes: usedVolumes(project).map((key) => project.volumes[key]!.name),
    files: copiedPaths(project),
    images: true,
  });
  const kept = divergedVolumes(project, observed).length > 0;
  const plan = planUp(project, observed, kept ? { ...options, renewVolumes: new Set() } : options);
  const follows = ({ operation: { kind } }: Plan['steps'][number]) =>
    kind !== 'start-container' && kind !== 'wait';
  return { plan: plan.steps.some(follows) ? plan : undefined, warnings: plan.warnings };
}
