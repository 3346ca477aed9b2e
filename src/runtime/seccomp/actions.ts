import { TcomposeError } from '../../errors.ts';
import type { OciSeccompAction } from '../spec/oci-types.ts';

const errnoEPERM = 1;
export const errnoENOSYS = 38;

/** SECCOMP_RET_KILL_PROCESS. */
export const killProcess = 0x80000000;

const bases: Readonly<Record<OciSeccompAction, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: killProcess,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

/** A filter's return value, linux/seccomp.h. `errno` (default EPERM) applies to ERRNO and TRACE. Throws RUNTIME_SECCOMP. */
export function actionValue(action: OciSeccompAction, errno: number = errnoEPERM): number {
  const base = bases[action];
  if (base === undefined) {
    throw new TcomposeError('RUNTIME_SECCOMP', `seccomp action "${String(action)}" is not supported`, {
      hint: `Use one of ${Object.keys(bases).join(', ')}.`,
    });
  }
  if (action !== 'SCMP_ACT_ERRNO' && action !== 'SCMP_ACT_TRACE') return base;
  if (!Number.isInteger(errno) || errno < 0 || errno > 4095) {
    throw new TcomposeError('RUNTIME_SECCOMP', `seccomp errnoRet ${errno} is not an errno (0 to 4095)`);
  }
  return base + errno;
}
