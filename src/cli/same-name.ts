import { realpathSync } from 'node:fs';
import type { Project } from '../compose/model/project.ts';
import { TcomposeError } from '../errors.ts';
import { labels } from '../project/labels.ts';
import type { ObservedContainer } from '../project/observed.ts';
import { flag, type ParsedArgs } from './arguments/command.ts';

/**
 * Refuses to take over the containers of another directory: two projects that only share the name of their directory
 * would replace and remove each other's. Allowed when the name was given (-p, COMPOSE_PROJECT_NAME, `name:`), with
 * --adopt, and when the other directory is gone or is the same one under another path.
 * @throws TcomposeError PROJECT_SAME_NAME that names both directories.
 */
export async function refuseSameName(
  args: ParsedArgs,
  project: Project,
  containers: readonly ObservedContainer[],
): Promise<void> {
  if (project.namedAfterDirectory !== true || flag.bool(args, 'adopt')) return;
  const directories = new Set(containers.flatMap((container) => container.labels[labels.workingDir] ?? []));
  directories.delete(project.workingDir);
  if (directories.size === 0) return;
  const own = realPath(project.workingDir) ?? project.workingDir;
  for (const directory of directories) {
    const real = realPath(directory);
    if (real === undefined || real === own) continue;
    throw new TcomposeError(
      'PROJECT_SAME_NAME',
      `a project ${project.name} exists already: its containers come from ${directory}, and this project is in ${project.workingDir}`,
      {
        hint: `Name this one with -p NAME or \`name:\` in its compose file; --adopt merges the two.`,
      },
    );
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}
