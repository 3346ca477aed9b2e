/* The monitor's side of making the container's first process. */
#include <errno.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "launch.h"
#include "sys.h"
#include "user-namespace.h"

/* Children of the monitor go into `fd`'s pid namespace from now on. */
static int enter_pidns(struct launch *launch) {
  const struct namespace_source *source = &launch->plan.namespaces.pid;
  struct failure *failure = &launch->failure;
  if (launch->plan.kind == KIND_EXEC) {
    struct stat own, theirs;
    char path[40];
    snprintf(path, sizeof path, "%u/ns/pid", launch->plan.process.join_pid.value);
    if (fstatat(launch->host_proc, path, &theirs, 0) < 0) return FAIL(failure, "stat", "/proc/%s", path);
    if (fstatat(launch->host_proc, "self/ns/pid", &own, 0) < 0) return FAIL(failure, "stat", "/proc/self/ns/pid");
    if (own.st_ino == theirs.st_ino) return 0;
    if (setns(launch->join_pidfd, CLONE_NEWPID) < 0) return FAIL(failure, "setns", "pid namespace of %u", launch->plan.process.join_pid.value);
    return 1;
  }
  if (source->kind != NS_PATH) return 0;
  int fd = open(source->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FAIL(failure, "open", "%s", source->path);
  int result = setns(fd, CLONE_NEWPID);
  int error = errno;
  close(fd);
  return result < 0 ? fail(failure, "setns", error, "%s", source->path) : 1;
}

static int open_join_target(struct launch *launch) {
  struct failure *failure = &launch->failure;
  if (launch->plan.kind != KIND_EXEC) return 0;
  const struct process_plan *process = &launch->plan.process;
  if (!process->join_pid.present) return fail(failure, "exec", EINVAL, "the plan names no process to join");
  launch->join_pidfd = sys_pidfd_open((pid_t)process->join_pid.value);
  if (launch->join_pidfd < 0) return FAIL(failure, "pidfd_open", "%u", process->join_pid.value);
  /* the pidfd holds the process fast, so its start time read now is that of the process joined */
  if (process->join_start_time.present && process_start_time(launch->host_proc, (pid_t)process->join_pid.value) != process->join_start_time.value)
    return fail(failure, "pidfd_open", ESRCH, "%u is another process now", process->join_pid.value);
  return 0;
}

static void write_oom_score(struct launch *launch) {
  if (!launch->plan.process.oom_score_adj.present) return;
  char path[40], value[16];
  snprintf(path, sizeof path, "%d/oom_score_adj", launch->init_pid);
  int size = snprintf(value, sizeof value, "%d", launch->plan.process.oom_score_adj.value);
  if (write_file_at(launch->host_proc, path, value, (size_t)size) < 0) warn(launch, "oom_score_adj %s: %s", value, strerror(errno));
}

static uint64_t clone_flags(const struct launch *launch) {
  const struct namespace_plan *namespaces = &launch->plan.namespaces;
  uint64_t flags = CLONE_PIDFD | SIGCHLD;
  if (namespaces->mount.kind == NS_NEW) flags |= CLONE_NEWNS;
  if (namespaces->pid.kind == NS_NEW) flags |= CLONE_NEWPID;
  if (namespaces->ipc.kind == NS_NEW && namespaces->user.kind == NS_HOST) flags |= CLONE_NEWIPC;
  if (namespaces->uts.kind == NS_NEW) flags |= CLONE_NEWUTS;
  if (namespaces->user.kind == NS_NEW) flags |= CLONE_NEWUSER;
  if (network_by_clone(launch)) flags |= CLONE_NEWNET;
  return flags;
}

/*
 * The cgroup v2 directory of a join-cgroup op, to clone init right into it: moving a process there later waits for an
 * RCU grace period (10 ms). -1 when there is none; `step` is the op's index.
 */
static int open_unified_cgroup(const struct launch *launch, uint32_t *step) {
  static const char file[] = "/cgroup.procs";
  for (uint32_t i = 0; i < launch->plan.host.count; i++) {
    const struct host_op *op = LIST_AT(struct host_op, launch->plan.host, i);
    if (op->code != HOST_JOIN_CGROUP) continue;
    char dir[4096];
    size_t size = strlen(op->join_cgroup.path), tail = sizeof file - 1;
    if (size <= tail || size >= sizeof dir || strcmp(op->join_cgroup.path + size - tail, file) != 0) continue;
    snprintf(dir, sizeof dir, "%.*s", (int)(size - tail), op->join_cgroup.path);
    int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct statfs fs;
    if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
      *step = i;
      return fd;
    }
    if (fd >= 0) close(fd);
  }
  return -1;
}

/* Where the kernel can't clone into a cgroup (before 5.7), init joins later as with v1. */
long clone_init(struct launch *launch, uint64_t flags, int *pidfd) {
  launch->joined_step = UINT32_MAX;
  uint32_t step;
  int cgroup = open_unified_cgroup(launch, &step);
  if (cgroup >= 0) {
    struct clone_args args = {.flags = (flags & ~0xffull) | CLONE_INTO_CGROUP, .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD, .cgroup = (uint64_t)cgroup};
    long pid = syscall(__NR_clone3, &args, sizeof args);
    if (pid >= 0) launch->joined_step = step; /* the child reads its own copy */
    if (pid != 0) close(cgroup);
    if (pid >= 0) return pid;
  }
  /* flags, stack and the pidfd's place are the first three arguments on every architecture that has this order */
  return syscall(__NR_clone, flags, NULL, pidfd, NULL, NULL);
}

int launch_clone(struct launch *launch) {
  struct failure *failure = &launch->failure;
  failure->phase = PHASE_CLONE;
  failure->step = -1;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, launch->sync) < 0) return FAIL(failure, "socketpair", "sync");
  if (open_join_target(launch) < 0 || host_ops_open_joins(launch) < 0) return -1;
  failure->phase = PHASE_CLONE;
  failure->step = -1;
  int entered = enter_pidns(launch);
  if (entered < 0) return -1;

  uint64_t flags = launch->plan.kind == KIND_RUN ? clone_flags(launch) : CLONE_PIDFD | SIGCHLD;
  int pidfd = -1;
  bool helper = launch->plan.kind == KIND_RUN && needs_clone_helper(&launch->plan.namespaces);
  long pid = helper ? clone_by_helper(launch, flags, &pidfd) : clone_init(launch, flags, &pidfd);
  if (pid == 0) init_main(launch);
  int error = errno;
  if (entered > 0 && setns(launch->host_pidns, CLONE_NEWPID) < 0) _exit(72);
  /* pid_namespaces(7): that is how the kernel says that the namespace's init is gone */
  if (pid < 0 && entered > 0 && error == ENOMEM) return fail(failure, "clone", ESRCH, "the container is ending");
  if (pid < 0) return fail(failure, "clone", error, "flags 0x%llx", (unsigned long long)flags);
  launch->init_pid = (pid_t)pid;
  launch->init_pidfd = pidfd;
  launch->start_time = process_start_time(launch->host_proc, launch->init_pid);
  close(launch->sync[1]);
  for (int i = 0; i < 3; i++)
    if (launch->stdio[i] >= 0) close(launch->stdio[i]);
  fcntl(launch->init_pidfd, F_SETFD, FD_CLOEXEC);

  host_ops_close_joins(launch);
  if (launch->plan.namespaces.user.kind == NS_NEW && launch->plan.user_maps.present && write_user_maps(launch) < 0) return -1;
  if (stdio_give_to_user(launch) < 0) return -1;
  write_oom_score(launch);
  if (network_by_clone(launch) && network_enter_init(launch) < 0) return -1;
  if (sync_send(launch->sync[0], SYNC_GO, NULL, -1) < 0) return FAIL(failure, "write", "sync");
  return 0;
}
