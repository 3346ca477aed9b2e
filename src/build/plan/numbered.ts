import { posix } from 'node:path';
import type { Instruction, Stage } from '../instruction/types.ts';
import type { StageDraft } from './stage-draft.ts';

/** The directory that a WORKDIR names. As in BuildKit, an absolute path stays as it is written. */
export const workdirOf = (draft: StageDraft, given: string): string =>
  given.startsWith('/') ? given : posix.resolve('/', draft.directory, given);

/** WORKDIR / makes no layer and has no number. */
export const isRootWorkdir = (draft: StageDraft, instruction: Instruction): boolean =>
  instruction.kind === 'workdir' && workdirOf(draft, draft.shown(instruction.value, {})) === '/';

/** Whether an instruction has a number among the steps of its stage. */
export const makesStep = ({ kind }: Instruction): boolean => ['run', 'copy', 'add', 'workdir'].includes(kind);

/** Whether a stage mounts or copies from elsewhere, so that its steps include its name. */
export function usesOthers({ instructions }: Stage): boolean {
  return instructions.some(
    (one) => (one.kind === 'run' && one.mounts.length > 0) || (one.kind === 'copy' && one.from !== undefined),
  );
}
