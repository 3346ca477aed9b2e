/* The process that becomes the container's command, from its clone to its execve. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "launch.h"
#include "options.h"
#include "process.h"
#include "sys.h"
#include "user-namespace.h"

_Noreturn void give_up(struct launch *launch) {
  if (launch->sync[1] >= 0)
    sync_send(launch->sync[1], SYNC_FAILED, &launch->failure, -1);
  else
    command_leave_failure(launch);
  _exit(launch->failure.phase == PHASE_EXEC ? failure_exit_code(&launch->failure) : 70);
}

static int join_path(struct launch *launch, const struct namespace_source *source, int flag) {
  if (source->kind != NS_PATH) return 0;
  int fd = open(source->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FAIL(&launch->failure, "open", "%s", source->path);
  if (setns(fd, flag) < 0) return FAIL(&launch->failure, "setns", "%s", source->path);
  close(fd);
  return 0;
}

int join_planned(struct launch *launch) {
  const struct namespace_plan *ns = &launch->plan.namespaces;
  return join_path(launch, &ns->ipc, CLONE_NEWIPC) < 0 || join_path(launch, &ns->uts, CLONE_NEWUTS) < 0 ||
                 join_path(launch, &ns->cgroup, CLONE_NEWCGROUP) < 0 ||
                 join_path(launch, &ns->mount, CLONE_NEWNS) < 0 || join_path(launch, &ns->user, CLONE_NEWUSER) < 0
             ? -1
             : 0;
}

static int enter_run(struct launch *launch) {
  const struct namespace_plan *ns = &launch->plan.namespaces;
  struct failure *failure = &launch->failure;
  if (!joins_before_clone(ns) && join_planned(launch) < 0) return -1;
  /* after the cgroup was joined: the new namespace's root is the present cgroup */
  if (ns->cgroup.kind == NS_NEW) CHECK(unshare(CLONE_NEWCGROUP), "unshare", "cgroup namespace");
  if (ns->user.kind == NS_HOST) return enter_time_namespace(launch);
  if (become_namespace_root(failure) < 0) return -1;
  /* only now: the creator of an IPC namespace owns the directory of its message queues */
  if (ns->ipc.kind == NS_NEW) CHECK(unshare(CLONE_NEWIPC), "unshare", "IPC namespace");
  return enter_time_namespace(launch);
}

/* exec: joins all namespaces of the container that differ from the monitor's, at once. */
static int join_container(struct launch *launch) {
  static const struct { const char *name; int flag; } all[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS}, {"net", CLONE_NEWNET},
                                                               {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};
  int flags = 0;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    char path[40];
    struct stat own, theirs;
    snprintf(path, sizeof path, "%u/ns/%s", launch->plan.process.join_pid.value, all[i].name);
    if (fstatat(launch->host_proc, path, &theirs, 0) < 0) {
      if (errno == ENOENT && i > 0) continue;
      return FAIL(&launch->failure, "stat", "/proc/%s", path);
    }
    snprintf(path, sizeof path, "self/ns/%s", all[i].name);
    if (fstatat(launch->host_proc, path, &own, 0) < 0) return FAIL(&launch->failure, "stat", "/proc/%s", path);
    if (own.st_ino != theirs.st_ino) flags |= all[i].flag;
  }
  if (flags && setns(launch->join_pidfd, flags) < 0)
    return FAIL(&launch->failure, "setns", "namespaces 0x%x of %u", flags, launch->plan.process.join_pid.value);
  return flags & CLONE_NEWUSER ? become_namespace_root(&launch->failure) : 0;
}

static int exec_tty(struct launch *launch, int *slave) {
  int master, root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0 || tty_open(root, &launch->plan.stdio, launch->plan.process.uid, &master, slave) < 0)
    return FAIL(&launch->failure, "console", "/dev/pts/ptmx");
  if (sync_send(launch->sync[1], SYNC_TTY, NULL, master) < 0) return FAIL(&launch->failure, "console", "hand over the terminal");
  close(master);
  close(root);
  return 0;
}

/* An input that is at its end: the container's null device, or a pipe if that is not one. */
static int open_null(const struct launch *launch) {
  struct stat st;
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
  int device = sys_openat2(root, "dev/null", O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
  if (device >= 0 && fstat(device, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) {
    char path[40];
    snprintf(path, sizeof path, "self/fd/%d", device);
    fd = openat(launch->host_proc, path, O_RDONLY | O_CLOEXEC);
  }
  close_fd(&device);
  close_fd(&root);
  int ends[2];
  if (fd >= 0 || pipe2(ends, O_CLOEXEC) < 0) return fd;
  close(ends[1]);
  return ends[0];
}

static int take_stdio(struct launch *launch, int tty_slave) {
  if (launch->plan.stdio.tty) {
    if (tty_slave < 0) return fail(&launch->failure, "console", ENOTTY, "the plan asks for a terminal but has no console step");
    launch->stdio[0] = launch->stdio[1] = launch->stdio[2] = tty_slave;
  }
  if (launch->stdio[0] < 0 && (launch->stdio[0] = open_null(launch)) < 0) return FAIL(&launch->failure, "open", "stdin");
  for (int i = 0; i < 3; i++)
    if (dup2(launch->stdio[i], i) < 0) return FAIL(&launch->failure, "dup2", "stdio %d", i);
  return 0;
}

/* The other signals have had their defaults since this program was started. */
static void reset_signals(void) {
  (void)signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Starts a new session, and keeps nothing of the monitor's except its descriptors. */
static void begin(struct launch *launch) {
  launch->warnings_sent = launch->warning_count;
  launch->failure.phase = PHASE_CLONE;
  close(launch->sync[0]);
}

/* Waits for the monitor's go, and takes what it opened for init. */
static void enter_cgroups(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  greet_monitor(launch);
  if (process->affinity.present && set_affinity(&process->affinity.value.initial, &launch->failure) < 0) give_up(launch);
  if (host_ops_join(launch) < 0) give_up(launch);
  launch->failure.phase = PHASE_CLONE;
  if (process->affinity.present && set_affinity(&process->affinity.value.final, &launch->failure) < 0) give_up(launch);
  /* nobody inside may examine this process by ptrace or /proc before it has become the command */
  prctl(PR_SET_DUMPABLE, 0);
  setsid();
  reset_signals();
}

/* Sets up the container's root and terminal; stdio is in place when it returns. */
static void set_up(struct launch *launch) {
  const struct plan *plan = &launch->plan;
  int tty_slave = -1;
  if ((plan->kind == KIND_EXEC ? join_container(launch) : enter_run(launch)) < 0) give_up(launch);
  if (plan->kind == KIND_RUN && setup_ops_run(launch, &tty_slave) < 0) give_up(launch);
  if (plan->kind == KIND_EXEC && plan->stdio.tty && exec_tty(launch, &tty_slave) < 0) give_up(launch);
  launch->failure.phase = PHASE_PROCESS;
  launch->failure.step = -1;
  if (take_stdio(launch, tty_slave) < 0) give_up(launch);
}

_Noreturn void init_main(struct launch *launch) {
  begin(launch);
  enter_cgroups(launch);
  set_up(launch);
  if (take_terminal(launch) < 0 || process_prepare(launch) < 0) give_up(launch);
  command_main(launch, false);
}

/* From now on the stage's clones are in the pid namespace. */
static int enter_pidns(struct launch *launch) {
  const struct namespace_source *source = &launch->plan.namespaces.pid;
  struct failure *failure = &launch->failure;
  if (launch->plan.kind == KIND_EXEC) {
    struct stat own, theirs;
    char path[40];
    snprintf(path, sizeof path, "%u/ns/pid", launch->plan.process.join_pid.value);
    CHECK(fstatat(launch->host_proc, path, &theirs, 0), "stat", "/proc/%s", path);
    CHECK(fstatat(launch->host_proc, "self/ns/pid", &own, 0), "stat", "/proc/self/ns/pid");
    if (own.st_ino == theirs.st_ino) return 0;
    CHECK(setns(launch->join_pidfd, CLONE_NEWPID), "setns", "pid namespace of %u", launch->plan.process.join_pid.value);
    return 0;
  }
  launch->joined_pidns = open(source->path, O_RDONLY | O_CLOEXEC);
  CHECK(launch->joined_pidns, "open", "%s", source->path);
  CHECK(setns(launch->joined_pidns, CLONE_NEWPID), "setns", "%s", source->path);
  return 0;
}

/* Like clone, but after the pid namespace was joined: with a new user namespace it would not be permitted to join. */
static int unshare_planned(struct launch *launch) {
  if (launch->plan.kind == KIND_EXEC) return 0;
  if (joins_before_clone(&launch->plan.namespaces) && join_planned(launch) < 0) return -1;
  uint64_t flags = new_namespaces(launch);
  if (flags && unshare((int)flags) < 0) return FAIL(&launch->failure, "unshare", "namespaces 0x%llx", (unsigned long long)flags);
  return 0;
}

/*
 * The processes of a pid namespace can examine each other, so the stage, which has descriptors of the host, stays outside.
 * Before it clones the command's process, it has the command's ids, rights and root, and no descriptor except stdio; it then
 * sleeps until that process has executed the command or ended.
 */
_Noreturn void stage_main(struct launch *launch) {
  begin(launch);
  if (launch->plan.kind == KIND_EXEC) prctl(PR_SET_DUMPABLE, 0);
  /*
   * another process of the container that may trace the command's process must not be able to tell the monitor which one to
   * kill
   */
  if (madvise(launch->command_pid, (size_t)sysconf(_SC_PAGESIZE), MADV_DONTFORK) < 0) give_up(launch);
  if (enter_pidns(launch) < 0 || unshare_planned(launch) < 0) give_up(launch);
  enter_cgroups(launch);
  set_up(launch);
  if (process_prepare(launch) < 0) give_up(launch);
  long pid = command_clone(launch);
  if (pid == 0) command_main(launch, true);
  if (pid < 0) give_up(launch);
  syscall(__NR_exit_group, 0);
  __builtin_unreachable();
}
