/* The process that becomes the container's command: from its clone to its execve. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "launch.h"
#include "sys.h"
#include "user-namespace.h"

static _Noreturn void give_up(struct launch *launch) {
  sync_send(launch->sync[1], SYNC_FAILED, &launch->failure, -1);
  _exit(70);
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
  return join_path(launch, &ns->ipc, CLONE_NEWIPC) < 0 || join_path(launch, &ns->uts, CLONE_NEWUTS) < 0 || join_path(launch, &ns->cgroup, CLONE_NEWCGROUP) < 0 ||
                 join_path(launch, &ns->mount, CLONE_NEWNS) < 0 || join_path(launch, &ns->user, CLONE_NEWUSER) < 0
             ? -1
             : 0;
}

static int enter_run(struct launch *launch) {
  const struct namespace_plan *ns = &launch->plan.namespaces;
  struct failure *failure = &launch->failure;
  if (!needs_clone_helper(ns) && join_planned(launch) < 0) return -1;
  /* after the cgroup was joined: its root is the cgroup of this moment */
  if (ns->cgroup.kind == NS_NEW) CHECK(unshare(CLONE_NEWCGROUP), "unshare", "cgroup namespace");
  if (ns->user.kind == NS_HOST) return 0;
  if (become_namespace_root(failure) < 0) return -1;
  /* only now: who makes an IPC namespace owns the directory of its message queues */
  if (ns->ipc.kind == NS_NEW) CHECK(unshare(CLONE_NEWIPC), "unshare", "IPC namespace");
  return 0;
}

/* exec: all namespaces of the container that are not the monitor's own, at once. */
static int join_container(struct launch *launch) {
  static const struct { const char *name; int flag; } all[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS}, {"net", CLONE_NEWNET},
                                                               {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}};
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
  if (flags && setns(launch->join_pidfd, flags) < 0) return FAIL(&launch->failure, "setns", "namespaces 0x%x of %u", flags, launch->plan.process.join_pid.value);
  return flags & CLONE_NEWUSER ? become_namespace_root(&launch->failure) : 0;
}

static int exec_tty(struct launch *launch, int *slave) {
  int master, root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0 || tty_open(root, &launch->plan.stdio, launch->plan.process.uid, &master, slave) < 0) return FAIL(&launch->failure, "console", "/dev/pts/ptmx");
  if (sync_send(launch->sync[1], SYNC_TTY, NULL, master) < 0) return FAIL(&launch->failure, "console", "hand over the terminal");
  close(master);
  close(root);
  return 0;
}

static int take_stdio(struct launch *launch, int tty_slave) {
  if (launch->plan.stdio.tty) {
    if (tty_slave < 0) return fail(&launch->failure, "console", ENOTTY, "the plan asks for a terminal but has no console step");
    launch->stdio[0] = launch->stdio[1] = launch->stdio[2] = tty_slave;
  }
  for (int i = 0; i < 3; i++)
    if (dup2(launch->stdio[i], i) < 0) return FAIL(&launch->failure, "dup2", "stdio %d", i);
  if (launch->plan.stdio.tty && ioctl(0, TIOCSCTTY, 0) < 0) return FAIL(&launch->failure, "console", "controlling terminal");
  return 0;
}

static void reset_signals(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int n = 1; n < 65; n++) sigaction(n, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void init_main(struct launch *launch) {
  const struct plan *plan = &launch->plan;
  launch->warnings_sent = launch->warning_count;
  launch->failure.phase = PHASE_CLONE;
  /* nobody inside may look into this process by ptrace or /proc before it has become the command */
  if (plan->kind == KIND_EXEC) prctl(PR_SET_DUMPABLE, 0);
  close(launch->sync[0]);
  await_monitor(launch, SYNC_GO);
  if (host_ops_join(launch) < 0) give_up(launch);
  launch->failure.phase = PHASE_CLONE;
  prctl(PR_SET_DUMPABLE, 0);
  setsid();
  reset_signals();
  int tty_slave = -1;
  if ((plan->kind == KIND_EXEC ? join_container(launch) : enter_run(launch)) < 0) give_up(launch);
  if (plan->kind == KIND_RUN && setup_ops_run(launch, &tty_slave) < 0) give_up(launch);
  if (plan->kind == KIND_EXEC && plan->stdio.tty && exec_tty(launch, &tty_slave) < 0) give_up(launch);
  launch->failure.phase = PHASE_PROCESS;
  launch->failure.step = -1;
  if (take_stdio(launch, tty_slave) < 0) give_up(launch);
  process_run(launch);
  give_up(launch);
}
