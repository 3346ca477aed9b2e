import { isDeepStrictEqual } from 'node:util';
import type { Project } from '../../../compose/model/project.ts';
import type { RuleSet } from './rule-set.ts';

/**
 * Services whose images have to be rebuilt after an edit, and why: their Dockerfile was edited (`edited`: bytes in
 * latin1), or their `build`. New services are built when they are created. Pure.
 */
export function buildsAfter(
  before: Project,
  project: Project,
  edited: readonly string[],
  rules: Pick<RuleSet, 'builtBy'>,
): ReadonlyMap<string, string> {
  const builds = new Map<string, string>();
  for (const service of edited.flatMap((path) => rules.builtBy(path)))
    if (project.services[service] !== undefined) builds.set(service, 'its Dockerfile was edited');
  for (const [name, { build }] of Object.entries(project.services)) {
    const known = before.services[name];
    if (build !== undefined && known?.build !== undefined && !isDeepStrictEqual(build, known.build))
      builds.set(name, 'its build was edited');
  }
  return builds;
}
