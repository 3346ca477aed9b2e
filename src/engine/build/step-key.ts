import { createHash } from 'node:crypto';
import type { LayerStep } from '../../build/plan/types.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * To be raised whenever steps begin to make something else from the same input, so that results of older engines are
 * not found.
 */
const edition = 2;

/** The key of a step's result: everything in the instruction that matters, its base, and the content it took. */
export function keyOf(step: LayerStep, base: Snapshot, content: string, mounts: readonly string[]): string {
  const { name: _name, range: _range, stage: _stage, fresh: _fresh, ...definition } = step;
  const kept =
    definition.kind === 'run'
      ? {
          ...definition,
          base: undefined,
          unkeyedEnvironment: undefined,
          extraHosts: definition.extraHosts.map((one) => one.split(/[:=]/, 1)[0]),
          mounts: definition.mounts.map((mount) => ({
            ...mount,
            from: undefined,
            ...(mount.type === 'bind' ? { source: undefined } : {}),
            ...(mount.type === 'cache' ? { id: undefined, sharing: undefined } : {}),
          })),
        }
      : definition.kind === 'copy'
        ? {
            ...definition,
            base: undefined,
            from: undefined,
            sources: undefined,
            // Sources count by their content, so that only the choice to unpack them is left.
            unpacked: definition.sources.flatMap((one) =>
              one.kind === 'path' ? (one.other?.unpack ?? []) : [],
            ),
          }
        : { ...definition, base: undefined };
  return createHash('sha256')
    .update(JSON.stringify([edition, kept, base.id, content, mounts]))
    .digest('hex');
}
