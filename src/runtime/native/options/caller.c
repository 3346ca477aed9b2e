#include <sys/stat.h>

#include "options.h"
#include "sys.h"

int caller_fds_keep(uint32_t preserve) {
  for (uint32_t i = 0; i < 3 + preserve; i++) {
    int flags = fcntl((int)i, F_GETFL);
    if (flags < 0) return -1;
    /* a Node.js caller has made its pipes non-blocking, which a command does not expect */
    if (i < 3 && flags & O_NONBLOCK) fcntl((int)i, F_SETFL, flags & ~O_NONBLOCK);
    if (dup3((int)i, (int)(CALLER_FDS + i), O_CLOEXEC) < 0) return -1;
  }
  return 0;
}

void caller_stdio_open(struct launch *launch) {
  for (int i = 0; i < 3; i++) launch->stdio[i] = CALLER_FDS + i;
}

void caller_fds_close(const struct plan *plan) { sys_close_range(CALLER_FDS, CALLER_FDS + 2 + plan->caller.value.preserve_fds, 0); }

void caller_stdio_give(const int stdio[3], uint32_t uid, uint32_t gid) {
  for (int i = 0; i < 3; i++) {
    struct stat st;
    if (stdio[i] >= 0 && fstat(stdio[i], &st) == 0 && S_ISFIFO(st.st_mode) && st.st_uid != uid && fchown(stdio[i], uid, gid) < 0) continue;
  }
}

unsigned caller_fds_take(const struct plan *plan) {
  uint32_t count = plan->caller.present ? plan->caller.value.preserve_fds : 0;
  for (uint32_t i = 3; i < 3 + count; i++) dup2((int)(CALLER_FDS + i), (int)i);
  return 3 + count;
}
