import type { LayerStep, Platform } from '../plan/types.ts';
import { copyOperation, workdirOperation } from './file-operation.ts';
import type { Operation } from './operation.ts';
import { runOperation } from './run-operation.ts';

/**
 * A step as a BuildKit operation.
 * @param platform that a RUN in the step's stage runs on
 * @param epoch SOURCE_DATE_EPOCH, in seconds
 */
export function operationOf(step: LayerStep, platform: Platform, epoch: number | undefined): Operation {
  switch (step.kind) {
    case 'run':
      return runOperation(step, platform);
    case 'copy':
      return copyOperation(step);
    case 'workdir':
      return workdirOperation(step, epoch);
  }
}
