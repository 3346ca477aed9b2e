import { closeSync } from 'node:fs';
import { check, syscall3 } from './libc.ts';

const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

/** pidfd_open(2): a descriptor of the process, which the kernel makes CLOEXEC. The caller closes it. */
function pidfdOpen(pid: number): number {
  return check(syscall3(PIDFD_OPEN, pid, 0, 0), `pidfd_open ${pid}`);
}

/**
 * A copy, in this process, of descriptor `fd` of process `pid` (pidfd_getfd(2), which needs ptrace permission).
 * CLOEXEC; the caller closes it. Throws SystemCallError with ESRCH when the process has ended.
 */
export function pidfdGetFd(pid: number, fd: number): number {
  const pidfd = pidfdOpen(pid);
  try {
    return check(syscall3(PIDFD_GETFD, pidfd, fd, 0), `pidfd_getfd ${pid} ${fd}`);
  } finally {
    closeSync(pidfd);
  }
}
