#include "cgroup-end.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sys.h"

static void pause_ms(long ms) {
  struct timespec time = {.tv_nsec = ms * 1000000};
  nanosleep(&time, NULL);
}

/* Sends SIGKILL to the pids in `lines`. A number that is not followed by a newline is incomplete. */
static void kill_listed(const char *lines) {
  for (const char *end; (end = strchr(lines, '\n')); lines = end + 1) {
    long pid = strtol(lines, NULL, 10);
    if (pid > 0) kill((pid_t)pid, SIGKILL);
  }
}

int kill_cgroup(const char *cgroup) {
  int dir = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return -1;
  bool whole = write_file_at(dir, "cgroup.kill", "1", 1) == 0;
  uint64_t deadline = monotonic_ms() + 2000;
  char procs[65536];
  while (read_file_at(dir, "cgroup.procs", procs, sizeof procs) > 0 && monotonic_ms() < deadline) {
    if (!whole) kill_listed(procs);
    pause_ms(1);
  }
  close(dir);
  return 0;
}

/* Removes groups that a container made below its own (one with writable cgroups: a systemd, a nested engine), deepest first. */
static void remove_children(const char *path, int depth) {
  DIR *dir = depth > 0 ? opendir(path) : NULL;
  if (!dir) return;
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    char child[4096];
    if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child) continue;
    kill_cgroup(child);
    remove_children(child, depth - 1);
    rmdir(child);
  }
  closedir(dir);
}

int remove_cgroup(const char *path) {
  for (int attempt = 0; attempt < 50; attempt++) {
    if (rmdir(path) == 0) return 0;
    if (errno != EBUSY && errno != ENOTEMPTY) return -1;
    if (attempt == 0)
      remove_children(path, 16);
    else
      pause_ms(2);
  }
  return -1;
}
