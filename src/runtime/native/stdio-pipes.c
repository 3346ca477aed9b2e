/* The pipes that are a container's stdin, stdout and stderr. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "launch.h"
#include "sys.h"
#include "user-maps.h"

/*
 * Pipes and no socketpairs: `echo > /dev/stderr` opens them anew, which a socket refuses and a pipe grants its owner.
 */
static int open_pipe(int *reader, int *writer, uint32_t uid, uint32_t gid) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  *reader = ends[0];
  *writer = ends[1];
  if (fchown(ends[0], uid, gid) < 0 && uid != 0) return -1;
  return 0;
}

int stdio_open(struct launch *launch) {
  struct failure *failure = &launch->failure;
  failure->phase = PHASE_CLONE;
  failure->step = -1;
  for (int i = 0; i < 3; i++) launch->stdio[i] = launch->monitor_stdio[i] = -1;
  if (launch->plan.stdio.tty) return 0;
  uint32_t uid, gid;
  host_ids(launch, &uid, &gid);
  if (launch->plan.stdio.stdin_open) {
    if (open_pipe(&launch->stdio[0], &launch->monitor_stdio[0], uid, gid) < 0) return FAIL(failure, "pipe", "stdin");
  } else {
    launch->stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (launch->stdio[0] < 0) return FAIL(failure, "open", "/dev/null");
  }
  for (int i = 1; i < 3; i++)
    if (open_pipe(&launch->monitor_stdio[i], &launch->stdio[i], uid, gid) < 0) return FAIL(failure, "pipe", "%s", i == 1 ? "stdout" : "stderr");
  for (int i = 0; i < 3; i++)
    if (launch->monitor_stdio[i] >= 0) fcntl(launch->monitor_stdio[i], F_SETFL, O_NONBLOCK | (i == 0 ? O_WRONLY : 0));
  return 0;
}
