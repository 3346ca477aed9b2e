#include "user-namespace.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sys.h"

/* What `id` inside is outside, by lines `inside outside count`; `id` itself when no line has it. */
static uint32_t map_id(const char *map, uint32_t id) {
  for (const char *line = map; line && *line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    unsigned long inside, outside, count;
    if (sscanf(line, "%lu %lu %lu", &inside, &outside, &count) == 3 && id >= inside && id - inside < count) return (uint32_t)(outside + (id - inside));
    if (!*line) break;
  }
  return id;
}

/* `id` by the map file of `pid`. */
static uint32_t map_id_of(int proc, uint32_t pid, const char *file, uint32_t id) {
  char path[40], map[16384]; /* 340 lines at most */
  snprintf(path, sizeof path, "%u/%s", pid, file);
  return read_file_at(proc, path, map, sizeof map) > 0 ? map_id(map, id) : id;
}

/* Whether `pid` is in another user namespace than the monitor. */
static bool other_user_namespace(int proc, uint32_t pid) {
  char path[40];
  struct stat own, theirs;
  snprintf(path, sizeof path, "%u/ns/user", pid);
  return fstatat(proc, path, &theirs, 0) == 0 && fstatat(proc, "self/ns/user", &own, 0) == 0 && own.st_ino != theirs.st_ino;
}

void host_ids(const struct launch *launch, uint32_t *uid, uint32_t *gid) {
  const struct process_plan *process = &launch->plan.process;
  /* an exec joins once it is told to */
  uint32_t pid = launch->plan.kind == KIND_EXEC ? process->join_pid.value : (uint32_t)launch->init_pid;
  bool other = other_user_namespace(launch->host_proc, pid);
  *uid = other ? map_id_of(launch->host_proc, pid, "uid_map", process->uid) : process->uid;
  *gid = other ? map_id_of(launch->host_proc, pid, "gid_map", process->gid) : process->gid;
}

int write_user_maps(struct launch *launch) {
  const struct user_maps *maps = &launch->plan.user_maps.value;
  struct failure *failure = &launch->failure;
  char path[40];
  snprintf(path, sizeof path, "%d/uid_map", launch->init_pid);
  if (write_file_at(launch->host_proc, path, maps->uid, strlen(maps->uid)) < 0) return FAIL(failure, "write", "/proc/%s", path);
  snprintf(path, sizeof path, "%d/gid_map", launch->init_pid);
  if (write_file_at(launch->host_proc, path, maps->gid, strlen(maps->gid)) == 0) return 0;
  if (errno != EPERM) return FAIL(failure, "write", "/proc/%s", path);
  /* without CAP_SETGID outside, a gid map is only taken once setgroups is out of the question */
  char deny[40];
  snprintf(deny, sizeof deny, "%d/setgroups", launch->init_pid);
  if (write_file_at(launch->host_proc, deny, "deny", 4) == 0 && write_file_at(launch->host_proc, path, maps->gid, strlen(maps->gid)) == 0) return 0;
  return FAIL(failure, "write", "/proc/%s", path);
}

int become_namespace_root(struct failure *failure) {
  setgroups(0, NULL); /* not permitted where only one id is mapped */
  CHECK(setresgid(0, 0, 0), "setresgid", "root of the user namespace");
  CHECK(setresuid(0, 0, 0), "setresuid", "root of the user namespace");
  return 0;
}

bool needs_clone_helper(const struct namespace_plan *ns) {
  return ns->user.kind == NS_PATH || (ns->user.kind == NS_NEW && (ns->ipc.kind == NS_PATH || ns->uts.kind == NS_PATH || ns->cgroup.kind == NS_PATH || ns->mount.kind == NS_PATH));
}

/* What the helper tells the monitor. */
struct clone_result {
  int32_t pid;
  struct failure failure;
};

long clone_by_helper(struct launch *launch, uint64_t flags, int *pidfd) {
  struct failure *failure = &launch->failure;
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC), "pipe", "clone");
  pid_t helper = fork();
  if (helper == 0) {
    struct clone_result result = {.pid = -1};
    int ignored;
    if (join_planned(launch) == 0) {
      long pid = clone_init(launch, flags | CLONE_PARENT, &ignored);
      if (pid == 0) return 0;
      if (pid < 0) FAIL(failure, "clone", "flags 0x%llx", (unsigned long long)flags);
      result.pid = (int32_t)pid;
    }
    result.failure = launch->failure;
    _exit(write_all(ends[1], &result, sizeof result) < 0);
  }
  int error = errno;
  close(ends[1]);
  struct clone_result result = {.pid = -1};
  ssize_t got = -1;
  if (helper > 0) {
    while ((got = read(ends[0], &result, sizeof result)) < 0 && errno == EINTR) {}
    while (waitpid(helper, NULL, 0) < 0 && errno == EINTR) {}
  }
  close(ends[0]);
  if (helper < 0) return fail(failure, "fork", error, "clone");
  if (got != sizeof result) return fail(failure, "clone", ESRCH, "the process that was to make the container's first was killed");
  if (result.pid < 0) {
    launch->failure = result.failure;
    return -1;
  }
  *pidfd = sys_pidfd_open(result.pid); /* our child, not reaped: the number is its own */
  if (*pidfd >= 0) return result.pid;
  launch->init_pid = result.pid;
  return FAIL(failure, "pidfd_open", "%d", result.pid);
}
