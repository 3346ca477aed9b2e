/* The monitor's part of making the container's first process. */
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
#include "options.h"
#include "sys.h"
#include "user-namespace.h"

static int open_join_target(struct launch *launch) {
  struct failure *failure = &launch->failure;
  if (launch->plan.kind != KIND_EXEC) return 0;
  const struct process_plan *process = &launch->plan.process;
  if (!process->join_pid.present) return fail(failure, "exec", EINVAL, "the plan names no process to join");
  launch->join_pidfd = sys_pidfd_open((pid_t)process->join_pid.value);
  if (launch->join_pidfd < 0) return FAIL(failure, "pidfd_open", "%u", process->join_pid.value);
  /* the pidfd keeps the process's number from being reused, so the start time read now is that of the joined process */
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

bool joins_others(const struct plan *plan) { return plan->kind == KIND_EXEC || plan->namespaces.pid.kind == NS_PATH; }

bool awaits_go(const struct plan *plan) { return joins_others(plan) || plan->namespaces.user.kind != NS_HOST; }

uint64_t new_namespaces(const struct launch *launch) {
  const struct namespace_plan *namespaces = &launch->plan.namespaces;
  uint64_t flags = 0;
  if (namespaces->mount.kind == NS_NEW) flags |= CLONE_NEWNS;
  if (namespaces->pid.kind == NS_NEW) flags |= CLONE_NEWPID;
  if (namespaces->ipc.kind == NS_NEW && namespaces->user.kind == NS_HOST) flags |= CLONE_NEWIPC;
  if (namespaces->uts.kind == NS_NEW) flags |= CLONE_NEWUTS;
  if (namespaces->user.kind == NS_NEW) flags |= CLONE_NEWUSER;
  if (network_by_clone(launch)) flags |= CLONE_NEWNET;
  return flags;
}

/*
 * Opens the cgroup v2 directory of a join-cgroup op, to clone init directly into it: moving a process there later waits for an
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

/* If the kernel can't clone into a cgroup (before 5.7), init joins later, as with v1. */
long clone_init(struct launch *launch, uint64_t flags, int *out) {
  launch->joined_step = UINT32_MAX;
  uint32_t step;
  int cgroup = open_unified_cgroup(launch, &step);
  if (cgroup >= 0) {
    launch->joined_step = step; /* the child reads it, in its own memory or in ours */
    struct clone_args args = {.flags = (flags & ~0xffull) | CLONE_INTO_CGROUP,
                              .pidfd = flags & CLONE_PIDFD ? (uint64_t)(uintptr_t)out : 0,
                              .parent_tid = flags & CLONE_PARENT_SETTID ? (uint64_t)(uintptr_t)out : 0,
                              .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
                              .cgroup = (uint64_t)cgroup};
    long pid = syscall(__NR_clone3, &args, sizeof args);
    if (pid != 0) close(cgroup);
    if (pid >= 0) return pid;
    launch->joined_step = UINT32_MAX;
  }
  /* flags, stack and the address for pidfd or pid are the first three arguments on every architecture with this order */
  return syscall(__NR_clone, flags, NULL, out, NULL, NULL);
}

/*
 * The stage of an init that is the first process in its pid namespace. It shares the monitor's memory, so that it costs next to
 * nothing, and sleeps in clone (CLONE_VFORK) until init has become the command or ended: its own end notifies the monitor. Init
 * has no descriptor that could do so.
 */
static int watch_init(void *data) {
  struct launch *launch = data;
  if (joins_before_clone(&launch->plan.namespaces) && join_planned(launch) < 0) {
    sync_send(launch->sync[1], SYNC_FAILED, &launch->failure, -1);
    return 70;
  }
  uint64_t flags = new_namespaces(launch) | CLONE_PARENT | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD;
  long pid = clone_init(launch, flags, launch->command_pid);
  if (pid == 0) init_main(launch);
  if (pid > 0) return 0;
  FAIL(&launch->failure, "clone", "flags 0x%llx", (unsigned long long)flags);
  sync_send(launch->sync[1], SYNC_FAILED, &launch->failure, -1);
  return 70;
}

/* Clones the stage, from which the messages of this launch come. */
static int clone_stage(struct launch *launch) {
  struct failure *failure = &launch->failure;
  if (!joins_others(&launch->plan)) {
    int memory = joins_before_clone(&launch->plan.namespaces) ? 0 : CLONE_VM;
    launch->stage_pid = clone(watch_init, launch->stage_stack, memory | SIGCHLD, launch);
    CHECK(launch->stage_pid, "clone", "stage");
    return 0;
  }
  int pidfd = -1;
  long pid = clone_init(launch, CLONE_PIDFD | SIGCHLD, &pidfd);
  if (pid == 0) stage_main(launch);
  if (pid < 0) return FAIL(failure, "clone", "stage");
  fcntl(pidfd, F_SETFD, FD_CLOEXEC);
  launch->stage_pid = launch->init_pid = (pid_t)pid;
  launch->init_pidfd = pidfd;
  return 0;
}

/* Waits until the process that does the set-up is there. */
static int await_hello(struct launch *launch) {
  struct failure *failure = &launch->failure;
  struct sync_message message;
  ssize_t size;
  int ignored;
  if (launch->plan.kind == KIND_EXEC) return 0; /* the stage is there, but has not joined its namespaces yet */
  do size = sync_receive(launch->sync[0], &message, 0, &ignored);
  while (size < 0 && errno == EINTR);
  if (size > 0 && message.kind == SYNC_FAILED) {
    *failure = message.failure;
    return -1;
  }
  if (size <= 0) return fail(failure, "clone", ESRCH, "the process that was to make the container's first was killed");
  return joins_others(&launch->plan) ? 0 : command_adopt(launch);
}

int command_adopt(struct launch *launch) {
  pid_t pid = launch->command_pid ? __atomic_load_n(launch->command_pid, __ATOMIC_ACQUIRE) : 0;
  if (pid <= 0 || pid == launch->init_pid) return 0;
  close_fd(&launch->init_pidfd);
  launch->init_pid = pid;
  launch->init_pidfd = sys_pidfd_open(pid); /* our child, not reaped, so the pid can't be reused */
  launch->start_time = process_start_time(launch->host_proc, pid);
  return launch->init_pidfd < 0 ? fail(&launch->failure, "pidfd_open", errno, "%d", pid) : 0;
}

int launch_clone(struct launch *launch) {
  struct failure *failure = &launch->failure;
  failure->phase = PHASE_CLONE;
  failure->step = -1;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, launch->sync) < 0) return FAIL(failure, "socketpair", "sync");
  if (open_join_target(launch) < 0 || command_page_open(launch) < 0 || host_ops_open_joins(launch) < 0 || source_trees_open(launch) < 0) return -1;
  failure->phase = PHASE_CLONE;
  failure->step = -1;
  int cloned = clone_stage(launch);
  /* the descriptor numbers must stay until init has its own memory */
  close(launch->sync[1]);
  int greeted = cloned < 0 ? -1 : await_hello(launch);
  launch->sync[1] = -1;
  host_ops_close_joins(launch);
  source_trees_close(launch);
  if (greeted < 0) return -1;
  if (launch->plan.namespaces.user.kind == NS_NEW && launch->plan.user_maps.present && write_user_maps(launch) < 0) return -1;
  if (stdio_give_to_user(launch) < 0) return -1;
  for (int i = 0; i < 3; i++) close_fd(&launch->stdio[i]);
  if (launch->plan.caller.present) caller_fds_close(&launch->plan);
  write_oom_score(launch);
  if (network_by_clone(launch) && network_enter_init(launch) < 0) return -1;
  if (awaits_go(&launch->plan) && sync_send(launch->sync[0], SYNC_GO, NULL, -1) < 0) return FAIL(failure, "write", "sync");
  return 0;
}
