import { platformText } from './platform.ts';
import type { BuildPlan, CopyStep, Mount, RunStep, Step, Tree } from './types.ts';

/** A plan as text, one or two lines per step: printed by `--dry-run` and compared by tests. */
export function formatPlan(plan: BuildPlan): string {
  const { result } = plan;
  const steps = plan.steps.flatMap((step, id) => [
    `${id}  ${step.name}${step.fresh ? '  (not from the cache)' : ''}`,
    ...detailsOf(step).map((detail) => `     ${detail}`),
  ]);
  return [...steps, `image of ${treeText(result.tree)} for ${platformText(plan.platform)}`, ''].join('\n');
}

function treeText(tree: Tree): string {
  if (tree.kind === 'empty') return 'nothing';
  if (tree.kind === 'step') return `step ${tree.step}`;
  return tree.name === '' ? 'the context' : `context ${tree.name}`;
}

function detailsOf(step: Step): readonly string[] {
  switch (step.kind) {
    case 'image':
      return [];
    case 'fetch':
      return [`fetch ${step.source.kind === 'http' ? step.source.url : step.source.remote}`];
    case 'workdir':
      return [`on ${treeText(step.base)}: make ${step.path}${step.user === '' ? '' : ` for ${step.user}`}`];
    case 'run':
      return runDetails(step);
    case 'copy':
      return copyDetails(step);
  }
}

function runDetails(step: RunStep): readonly string[] {
  const user = step.user === '' ? '' : ` as ${step.user}`;
  const network = step.network === 'default' ? '' : `, network ${step.network}`;
  return [
    `on ${treeText(step.base)}: run ${JSON.stringify(step.argv)} in ${step.directory}${user}${network}`,
    ...step.mounts.map(mountText),
  ];
}

function mountText(mount: Mount): string {
  const target = mount.target === undefined ? '' : ` at ${mount.target}`;
  if (mount.type === 'bind') return `mount ${mount.source} of ${treeText(mount.from)}${target}`;
  if (mount.type === 'cache') return `mount cache ${mount.id}${target} (${mount.sharing})`;
  if (mount.type === 'tmpfs') return `mount tmpfs${target}`;
  return `mount ${mount.type} ${mount.id}${target}`;
}

function copyDetails(step: CopyStep): readonly string[] {
  const sources = step.sources.map((source) => {
    if (source.kind === 'document') return `<<${source.name}`;
    return source.other === undefined ? source.path : `${source.path} of ${treeText(source.other.from)}`;
  });
  return [
    `on ${treeText(step.base)}: copy ${sources.join(' ')} of ${treeText(step.from)} to ${step.destination}`,
  ];
}
