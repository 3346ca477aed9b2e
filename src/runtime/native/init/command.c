/* The last steps, in a process that has no open descriptors except stdio and only the command's rights. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "exec-path.h"
#include "options.h"
#include "process.h"
#include "sys.h"

int take_terminal(struct launch *launch) {
  if (launch->plan.stdio.tty && ioctl(0, TIOCSCTTY, 0) < 0) return FAIL(&launch->failure, "console", "controlling terminal");
  return 0;
}

long command_clone(struct launch *launch) {
  launch->failure.phase = PHASE_CLONE;
  long pid = syscall(__NR_clone, COMMAND_CLONE_FLAGS, NULL, launch->command_pid, NULL, NULL);
  if (pid >= 0) return pid;
  /* pid_namespaces(7): this is the kernel's way to report that the namespace's init is gone */
  if (errno == ENOMEM) return fail(&launch->failure, "clone", ESRCH, "the container is ending");
  return FAIL(&launch->failure, "clone", "the command's process");
}

static char **strings_of(const struct list *list, const char *first) {
  char **strings = calloc(list->count + 2u, sizeof *strings);
  if (!strings) _exit(71);
  uint32_t at = 0;
  if (first) strings[at++] = (char *)first;
  for (uint32_t i = 0; i < list->count; i++) strings[at++] = (char *)*LIST_AT(const char *, *list, i);
  return strings;
}

/* What a child of the stage does not inherit, or what the stage itself must not have. */
static int complete(struct launch *launch) {
  struct failure *failure = &launch->failure;
  CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl", "parent-death signal");
  CHECK(setsid(), "setsid", "session");
  if (launch->command_nproc) CHECK(setrlimit(RLIMIT_NPROC, launch->command_nproc), "setrlimit", "resource %d", RLIMIT_NPROC);
  return take_terminal(launch);
}

static _Noreturn void fail_to_execute(struct launch *launch) {
  int error = errno;
  launch->failure.phase = PHASE_EXEC;
  fail(&launch->failure, "execve", error, "%s", *LIST_AT(const char *, launch->plan.process.argv, 0));
  give_up(launch);
}

/* If the plan says so, the monitor may end from here on; it waits until the command is executed. */
static int leave_monitor(struct launch *launch) {
  struct failure *failure = &launch->failure;
  if (run_hooks(&launch->plan, HOOK_START_CONTAINER, launch->page->pid, failure) < 0) return -1;
  if (launch->plan.caller.present && launch->plan.caller.value.outlives) CHECK(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0), "prctl", "parent-death signal");
  return 0;
}

/*
 * Of a namespace's first process the kernel throws away what comes before it asks for it (pid_namespaces(7)), unless it is blocked: an
 * init begins with all of them so, and hands on what came since its start is told.
 */
static void hold_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
}

_Noreturn void command_main(struct launch *launch, bool cloned) {
  const struct process_plan *process = &launch->plan.process;
  launch->failure.phase = PHASE_PROCESS;
  if (cloned && complete(launch) < 0) give_up(launch);
  char **argv = strings_of(&process->argv, process->init ? "tcompose-init" : NULL), **env = strings_of(&process->env, NULL);
  if (launch->plan.caller.present && !exec_path_exists(argv, env)) fail_to_execute(launch);
  command_wait(launch);
  if (leave_monitor(launch) < 0) give_up(launch);
  if (process->init) hold_signals();
  if (process_confine(launch) < 0) give_up(launch);
  if (process->init)
    sys_execveat(launch->self_exe, "", argv, env, AT_EMPTY_PATH);
  else
    exec_path(argv, env);
  fail_to_execute(launch);
}
