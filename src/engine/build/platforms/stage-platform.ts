import type { BuildPlan, LayerStep, Platform, Tree } from '../../../build/plan/types.ts';
import type { ImageRecord } from '../../../image/types.ts';

/** The platform that a step's stage runs on: its image's, else the build's. @param images by id */
export function stagePlatform(
  plan: BuildPlan,
  images: ReadonlyMap<string, ImageRecord>,
  step: LayerStep,
): Platform {
  const image = stageImage(plan, images, step);
  return image === undefined ? plan.platform : platformOfImage(image);
}

export const platformOfImage = ({ os, architecture, variant = '' }: ImageRecord): Platform => ({
  os,
  architecture,
  variant,
});

/** The image at the bottom of a step's stage. */
export function stageImage(
  plan: BuildPlan,
  images: ReadonlyMap<string, ImageRecord>,
  step: LayerStep,
): ImageRecord | undefined {
  for (let tree: Tree = step.base; tree.kind === 'step'; ) {
    const below = plan.steps[tree.step]!;
    if (below.kind === 'image') return images.get(below.id);
    if (below.kind === 'fetch') return undefined;
    tree = below.base;
  }
  return undefined;
}
