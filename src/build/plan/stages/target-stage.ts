import { TcomposeError } from '../../../errors.ts';
import type { Dockerfile, Stage } from '../../instruction/types.ts';
import { suggested } from '../../suggest.ts';

/** The requested stage, else the last. @throws TcomposeError BUILD_DOCKERFILE */
export function targetStage({ stages }: Dockerfile, target: string | undefined): Stage {
  if (target === undefined || target === '') return stages.at(-1)!;
  const found = stages.findLast(({ name }) => name === target.toLowerCase());
  if (found !== undefined) return found;
  const names = stages.flatMap(({ name }) => name ?? []);
  const close = suggested(target, names);
  const meant = close === undefined ? '' : ` (did you mean ${close}?)`;
  throw new TcomposeError('BUILD_DOCKERFILE', `target stage "${target}" could not be found${meant}`, {
    hint:
      names.length === 0
        ? 'No stage of this Dockerfile has a name (FROM … AS name).'
        : `The stages are ${[...new Set(names)].join(', ')}.`,
  });
}
