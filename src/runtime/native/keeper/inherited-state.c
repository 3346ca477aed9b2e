#include "inherited-state.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "sys.h"

/* Sets it to unlimited if that is permitted, else to the hard limit. */
static void lift(int resource) {
  struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, present;
  if (setrlimit((__rlimit_resource_t)resource, &none) == 0 || getrlimit((__rlimit_resource_t)resource, &present) < 0) return;
  present.rlim_cur = present.rlim_max;
  setrlimit((__rlimit_resource_t)resource, &present);
}

void drop_inherited_state(void) {
  static const int limits[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_RSS, RLIMIT_NPROC};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) lift(limits[i]);
  struct sched_param normal = {0};
  sched_setscheduler(0, SCHED_OTHER, &normal);
  setpriority(PRIO_PROCESS, 0, 0);
  syscall(__NR_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0));
  cpu_set_t all; /* the kernel restricts these to the cpuset */
  memset(&all, 0xff, sizeof all);
  sched_setaffinity(0, sizeof all, &all);
  personality(PER_LINUX);
  write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", "0", 1);
}
