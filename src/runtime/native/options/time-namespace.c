#include <sched.h>
#include <string.h>

#include "options.h"
#include "sys.h"

int enter_time_namespace(struct launch *launch) {
  const struct plan *plan = &launch->plan;
  struct failure *failure = &launch->failure;
  if (!plan->time_namespace.present || plan->time_namespace.value.source.kind == NS_HOST) return 0;
  const struct time_namespace_plan *wanted = &plan->time_namespace.value;
  int fd;
  if (wanted->source.kind == NS_PATH) {
    fd = open(wanted->source.path, O_RDONLY | O_CLOEXEC);
    CHECK(fd, "open", "%s", wanted->source.path);
  } else {
    CHECK(unshare(CLONE_NEWTIME), "unshare", "time namespace");
    if (*wanted->offsets) CHECK(write_file_at(launch->host_proc, "self/timens_offsets", wanted->offsets, strlen(wanted->offsets)), "write", "clock offsets %s", wanted->offsets);
    /* unshare makes it for children; this process will become the command */
    fd = openat(launch->host_proc, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
    CHECK(fd, "open", "the new time namespace");
  }
  CHECK(setns(fd, CLONE_NEWTIME), "setns", "time namespace");
  close(fd);
  return 0;
}
