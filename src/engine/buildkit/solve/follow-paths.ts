import { cleanPath } from '../../../build/go-path.ts';
import type { BuildPlan } from '../../../build/plan/types.ts';

/**
 * What the steps of a plan read from a context: paths and patterns from its top; `all` if that can't be known;
 * undefined when nothing is read.
 */
export function pathsRead(plan: BuildPlan, context: string): readonly string[] | 'all' | undefined {
  const paths = plan.steps.flatMap((step) => {
    if (step.kind === 'copy' && step.from.kind === 'context' && step.from.name === context)
      return step.sources.flatMap((source) => (source.kind === 'path' ? [source.path] : []));
    if (step.kind !== 'run') return [];
    return step.mounts.flatMap((mount) =>
      (mount.type === 'bind' || mount.type === 'cache') &&
      mount.from.kind === 'context' &&
      mount.from.name === context
        ? [mount.source]
        : [],
    );
  });
  if (paths.length === 0) return undefined;
  const clean = [...new Set(paths.map((path) => cleanPath(`/${path}`).slice(1)))];
  return clean.some((path) => path === '' || path.includes('**')) ? 'all' : clean.sort();
}
