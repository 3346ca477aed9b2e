import { constants } from 'node:os';
import { errnoName } from '../../errno.ts';
import type { Probe, ProbeStep } from '../facts.ts';

/** Of these steps the ones that were refused, with the name of the error. A step that was not reached is none. */
export function refused(
  probe: Probe,
  steps: readonly ProbeStep[],
): readonly { readonly step: ProbeStep; readonly why: string }[] {
  return steps.flatMap((step) => {
    const number = probe[step] ?? 0;
    return number === 0 ? [] : [{ step, why: errnoName(number) }];
  });
}

const { EPERM, EACCES } = constants.errno;

/** Whether a step was refused for lack of a right, not of a feature. */
export const forbidden = (probe: Probe, step: ProbeStep): boolean =>
  [EPERM, EACCES].includes(probe[step] ?? 0);
