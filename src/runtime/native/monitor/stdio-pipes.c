/* The pipes for a container's stdin, stdout and stderr. */
#include <stdio.h>

#include "launch.h"
#include "options.h"
#include "sys.h"
#include "user-namespace.h"

/* Pipes and not socketpairs: `echo > /dev/stderr` reopens them, which a socket refuses and a pipe allows to its owner. */
static int open_pipe(int *reader, int *writer) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  *reader = ends[0];
  *writer = ends[1];
  return 0;
}

int stdio_open(struct launch *launch) {
  struct failure *failure = &launch->failure;
  failure->phase = PHASE_CLONE;
  failure->step = -1;
  if (launch->plan.stdio.tty) return 0;
  if (launch->plan.caller.present) {
    caller_stdio_open(launch);
    return 0;
  }
  /* otherwise init uses the container's /dev/null: root in the container could change the mode of the host's */
  if (launch->plan.stdio.stdin_open) CHECK(open_pipe(&launch->stdio[0], &launch->monitor_stdio[0]), "pipe", "stdin");
  for (int i = 1; i < 3; i++) CHECK(open_pipe(&launch->monitor_stdio[i], &launch->stdio[i]), "pipe", "%s", i == 1 ? "stdout" : "stderr");
  for (int i = 0; i < 3; i++)
    if (launch->monitor_stdio[i] >= 0) fcntl(launch->monitor_stdio[i], F_SETFL, O_NONBLOCK | (i == 0 ? O_WRONLY : 0));
  return 0;
}

int stdio_give_to_user(struct launch *launch) {
  struct failure *failure = &launch->failure;
  if (launch->plan.stdio.tty) return 0;
  uint32_t uid, gid;
  host_ids(launch, &uid, &gid);
  if (launch->plan.caller.present) caller_stdio_give(launch->stdio, uid, gid);
  for (int i = 0; i < 3; i++)
    if (launch->monitor_stdio[i] >= 0 && fchown(launch->monitor_stdio[i], uid, gid) < 0 && uid != 0)
      return FAIL(failure, "fchown", "stdio %d to user %u", i, uid);
  return 0;
}
