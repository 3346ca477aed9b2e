/* Messages between the monitor and a process that must not have a descriptor for them. */
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "launch.h"
#include "sys.h"

static void futex_wait(uint32_t *word, uint32_t value, const struct timespec *timeout) {
  syscall(__NR_futex, word, FUTEX_WAIT, value, timeout, NULL, 0);
}
static void futex_wake(uint32_t *word) { syscall(__NR_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }
static uint32_t load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static void store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

/* The list is in the monitor's own memory and only the word is shared: the kernel walks the list when the monitor ends. */
static int mark_when_monitor_ends(struct command_page *page) {
  static struct robust_list entry;
  static struct robust_list_head head;
  entry.next = &head.list;
  head.list.next = &entry;
  head.futex_offset = (long)((uintptr_t)&page->monitor - (uintptr_t)&entry);
  page->monitor = (uint32_t)gettid();
  return (int)syscall(__NR_set_robust_list, &head, sizeof head);
}

int command_page_open(struct launch *launch) {
  struct failure *failure = &launch->failure;
  size_t size = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return FAIL(failure, "mmap", "shared page");
  launch->page = (struct command_page *)(void *)pages;
  launch->command_pid = (pid_t *)(void *)(pages + size);
  CHECK(mark_when_monitor_ends(launch->page), "set_robust_list", "shared page");
  return 0;
}

bool command_ready(const struct launch *launch, unsigned ms) {
  struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
  if (!load(&launch->page->ready) && ms > 0) futex_wait(&launch->page->ready, 0, &timeout);
  return load(&launch->page->ready) != 0;
}

void command_release(struct launch *launch) {
  store(&launch->page->pid, (uint32_t)launch->init_pid);
  store(&launch->page->go, 1);
  futex_wake(&launch->page->go);
}

bool command_failure(struct launch *launch) {
  if (!launch->page || !load(&launch->page->failed)) return false;
  struct failure *failure = &launch->failure;
  *failure = launch->page->failure;
  failure->op[sizeof failure->op - 1] = failure->detail[sizeof failure->detail - 1] = 0;
  if (failure->phase < PHASE_CLONE || failure->phase > PHASE_EXEC) failure->phase = PHASE_PROCESS;
  return true;
}

void command_wait(struct launch *launch) {
  struct command_page *page = launch->page;
  store(&page->ready, 1);
  futex_wake(&page->ready);
  while (!load(&page->go)) {
    /* the parent-death signal is set, so this only detects that the monitor ended before */
    if (load(&page->monitor) & FUTEX_OWNER_DIED) _exit(73);
    futex_wait(&page->go, 0, NULL);
  }
}

void command_leave_failure(struct launch *launch) {
  launch->page->failure = launch->failure;
  store(&launch->page->failed, 1);
}
