#include <sched.h>
#include <string.h>
#include <sys/personality.h>

#include "options.h"
#include "sys.h"

enum { IOPRIO_WHO_PROCESS = 1 };

/* struct sched_attr of linux/sched/types.h, whose header conflicts with glibc's sched.h. */
struct scheduler_attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

static int set_scheduler(const struct scheduler_plan *plan, struct failure *failure) {
  struct scheduler_attributes attributes = {.size = sizeof attributes,
                                            .policy = plan->policy,
                                            .flags = plan->flags,
                                            .nice = plan->nice,
                                            .priority = plan->priority,
                                            .runtime = plan->runtime,
                                            .deadline = plan->deadline,
                                            .period = plan->period};
  CHECK((int)syscall(__NR_sched_setattr, 0, &attributes, 0), "sched_setattr", "scheduling policy %u", plan->policy);
  return 0;
}

int set_process_attributes(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  struct failure *failure = &launch->failure;
  if (process->scheduler.present && set_scheduler(&process->scheduler.value, failure) < 0) return -1;
  if (process->io_priority.present)
    CHECK((int)syscall(__NR_ioprio_set, IOPRIO_WHO_PROCESS, 0, process->io_priority.value), "ioprio_set", "I/O priority 0x%x", process->io_priority.value);
  if (process->personality.present) CHECK(personality(process->personality.value), "personality", "0x%x", process->personality.value);
  return 0;
}

int set_affinity(const struct blob *mask, struct failure *failure) {
  if (mask->size == 0) return 0;
  unsigned long bits[128] = {0}; /* 8192 processors: the most that Linux supports */
  if (mask->size > sizeof bits) return fail(failure, "sched_setaffinity", EINVAL, "%u bytes of processors", mask->size);
  memcpy(bits, mask->data, mask->size);
  CHECK((int)syscall(__NR_sched_setaffinity, 0, sizeof bits, bits), "sched_setaffinity", "processors of the exec");
  return 0;
}
