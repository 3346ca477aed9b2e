import type { BuildPlan, LayerStep, Step, StepId, Tree } from '../../build/plan/types.ts';
import type { Engine } from '../context.ts';
import type { PlannedBuild } from './base-images.ts';
import { StepFailure } from './build-shop.ts';
import type { CacheLease } from './cache/cache-types.ts';
import { makeResultImage } from './result-image.ts';

/** How the user can look at what a failed command has left: an image of it, and the shell to start in it. */
export interface LeftOver {
  /** Name of the step. */
  readonly step: string;
  readonly image: string;
  readonly command: readonly string[];
}

/** Makes an image of what a RUN had done when it failed; undefined if nothing was kept. */
export async function leftOverOf(
  engine: Engine,
  cache: CacheLease,
  planned: PlannedBuild,
  failure: unknown,
): Promise<LeftOver | undefined> {
  if (!(failure instanceof StepFailure) || failure.left === undefined || failure.step.kind !== 'run')
    return undefined;
  const { step, left } = failure;
  const { plan } = planned;
  const image = bottomOf(plan, step);
  const result = {
    tree: step.base,
    image,
    config: { Env: step.environment, WorkingDir: step.directory, User: step.user },
    author: undefined,
    history: left.steps.map(({ description }) => ({ createdBy: description, step: 0 })),
  };
  const of = { ...planned, plan: { ...plan, result } };
  const { id } = await makeResultImage(engine, cache, of, left, { tags: [], epoch: undefined });
  return { step: step.name, image: id, command: [shellOf(step.argv)] };
}

const shellOf = ([program = '']: readonly string[]): string =>
  /(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(program) ? program : '/bin/sh';

/** The image at the bottom of a step's tree; undefined for scratch. */
function bottomOf({ steps }: BuildPlan, of: LayerStep): StepId | undefined {
  let tree: Tree = of.base;
  while (tree.kind === 'step') {
    const step: Step = steps[tree.step]!;
    if (step.kind === 'image') return tree.step;
    if (step.kind === 'fetch') return undefined;
    tree = step.base;
  }
  return undefined;
}
