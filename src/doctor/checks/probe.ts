import { constants } from 'node:os';
import { errnoName } from '../../errno.ts';
import type { Probe, ProbeStep } from '../facts.ts';

/** Those of these steps that were refused, with the error's name. Steps that were not reached are not included. */
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

/** Whether a step was refused for lack of permission, not of a feature. */
export const forbidden = (probe: Probe, step: ProbeStep): boolean =>
  [EPERM, EACCES].includes(probe[step] ?? 0);
