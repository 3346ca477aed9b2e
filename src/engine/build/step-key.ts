import { createHash } from 'node:crypto';
import type { LayerStep } from '../../build/plan/types.ts';
import type { Snapshot } from './snapshot.ts';

/** Raised whenever steps begin to make something else than before of the same: what is kept of older engines is not found then. */
const edition = 2;

/** What a step's result is found by: all of the instruction that matters, what it was based on, and the content it took. */
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
            // Of what is in no archive's place: whether it is unpacked.
            unpacked: definition.sources.flatMap((one) =>
              one.kind === 'path' ? (one.other?.unpack ?? []) : [],
            ),
          }
        : { ...definition, base: undefined };
  return createHash('sha256')
    .update(JSON.stringify([edition, kept, base.id, content, mounts]))
    .digest('hex');
}
