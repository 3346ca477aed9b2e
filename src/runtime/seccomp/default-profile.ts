import type { OciSeccompArg } from '../spec/oci-types.ts';
import type { ProfileRule, SeccompProfile } from './profile-types.ts';

/**
 * The default profile: what Docker's default profile (28.5) allows and refuses, but stricter in three points: AF_ALG is
 * refused as well as AF_VSOCK; both are compared on the 32 bits that the kernel uses, so that high bits can't get them
 * past the filter; and i386's socketcall can't make a socket at all (its arguments are behind a pointer that no filter
 * sees; libcs then use socket(2) itself). test/unit/runtime/seccomp/docker-profile.test.ts compares the two call by
 * call.
 */

/** Calls that every container may make, in families, for any architecture that has them. */
const always = `
  read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek _llseek sendfile sendfile64
  splice tee vmsplice copy_file_range readahead fadvise64 fadvise64_64 fallocate
  open openat openat2 creat close close_range dup dup2 dup3 pipe pipe2 fcntl fcntl64 ioctl flock
  stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 statmount listmount
  access faccessat faccessat2 chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown lchown32
  truncate truncate64 ftruncate ftruncate64 umask utime utimes utimensat utimensat_time64 futimesat
  link linkat symlink symlinkat readlink readlinkat unlink unlinkat rename renameat renameat2
  mkdir mkdirat rmdir mknod mknodat chdir fchdir getcwd getdents getdents64 name_to_handle_at
  getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat
  listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat
  sync syncfs fsync fdatasync sync_file_range
  inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
  select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2
  eventfd eventfd2 signalfd signalfd4
  io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64

  brk mmap mmap2 munmap mremap mprotect msync mincore madvise mlock mlock2 mlockall munlock munlockall mseal
  remap_file_pages memfd_create memfd_secret membarrier cachestat map_shadow_stack
  pkey_alloc pkey_free pkey_mprotect
  shmget shmat shmdt shmctl semget semop semctl semtimedop semtimedop_time64 msgget msgsnd msgrcv msgctl ipc
  mq_open mq_unlink mq_notify mq_getsetattr
  mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64

  fork vfork execve execveat exit exit_group wait4 waitid waitpid
  getpid getppid gettid getpgid getpgrp setpgid getsid setsid
  kill tkill tgkill pause pidfd_open pidfd_send_signal process_mrelease
  rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_tgsigqueueinfo
  rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack sigprocmask sigreturn restart_syscall
  futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue
  get_robust_list set_robust_list rseq set_tid_address get_thread_area set_thread_area getcpu
  prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
  capget capset
  process_vm_readv process_vm_writev ptrace

  getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32
  getresuid getresuid32 getresgid getresgid32 getgroups getgroups32
  setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
  setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32

  accept accept4 bind connect listen getsockname getpeername getsockopt setsockopt shutdown socketpair
  send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64

  time times gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64
  clock_nanosleep clock_nanosleep_time64 nanosleep clock_adjtime clock_adjtime64 adjtimex
  alarm getitimer setitimer
  timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
  timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64

  getrlimit ugetrlimit setrlimit prlimit64 getrusage getpriority setpriority ioprio_get ioprio_set
  sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
  sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min
  sched_rr_get_interval sched_rr_get_interval_time64
  sysinfo uname getrandom uretprobe
`;

/** Calls that a capability permits. */
const byCapability: Readonly<Record<string, string>> = {
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount
    lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname
    setns syslog umount umount2 unshare`,
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'init_module finit_module delete_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYSLOG: 'syslog',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
};

/** Calls that only one architecture needs (GOARCH names). */
const byArchitecture: Readonly<Record<string, string>> = {
  amd64: 'arch_prctl modify_ldt',
  arm64: 'arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls',
};

/**
 * personality(2) values that remove no protection: Linux, Linux 32, both with the address randomness quirk bits
 * cleared, query.
 */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** clone(2) flags for namespaces: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaceFlags = 0x7e020000;

/** Families 0 to 63 without AF_ALG (38) and AF_VSOCK (40), as aligned blocks: [first, block size]. */
const socketFamilies: readonly (readonly [number, number])[] = [
  [0, 32],
  [32, 4],
  [36, 2],
  [39, 1],
  [41, 1],
  [42, 2],
  [44, 4],
  [48, 16],
];

const errnoENOSYS = 38;
/** linux/net.h: the first argument of socketcall(2) for socket(2). */
const SYS_SOCKET = 1;

/** The default profile for containers: Docker's default rules. */
export const defaultProfile: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  archMap: [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: [] },
  ],
  syscalls: [
    allow(always),
    ...Object.entries(byCapability).map(([capability, names]) =>
      allow(names, { includes: { caps: [capability] } }),
    ),
    ...Object.entries(byArchitecture).map(([architecture, names]) =>
      allow(names, { includes: { arches: [architecture] } }),
    ),
    ...personalities.map((value) =>
      allow('personality', { args: [{ index: 0, value, op: 'SCMP_CMP_EQ' } satisfies OciSeccompArg] }),
    ),
    ...socketFamilies.map(([first, size]) =>
      allow('socket', {
        args: [
          { index: 0, value: (0x100000000 - size) % 0x100000000, valueTwo: first, op: 'SCMP_CMP_MASKED_EQ' },
        ],
      }),
    ),
    allow('socketcall', { args: [{ index: 0, value: SYS_SOCKET, op: 'SCMP_CMP_LT' }] }),
    allow('socketcall', { args: [{ index: 0, value: SYS_SOCKET, op: 'SCMP_CMP_GT' }] }),
    { names: ['socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: errnoENOSYS },
    allow('clone', {
      args: [{ index: 0, value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    }),
    {
      // Its flags are behind a pointer; ENOSYS makes C libraries fall back to clone(2), whose flags can be checked.
      names: ['clone3'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: errnoENOSYS,
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    },
  ],
};

function allow(names: string, more: Partial<ProfileRule> = {}): ProfileRule {
  return { names: names.trim().split(/\s+/), action: 'SCMP_ACT_ALLOW', ...more };
}
