#include "user-namespace.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys.h"

/* The outside id for `id` inside, by lines `inside outside count`; `id` itself when no line matches. */
static uint32_t map_id(const char *map, uint32_t id) {
  for (char *end;; map = end) {
    unsigned long inside = strtoul(map, &end, 10), outside = strtoul(end, &end, 10), count = strtoul(end, &end, 10);
    if (end == map) return id; /* no number is left */
    if (id >= inside && id - inside < count) return (uint32_t)(outside + (id - inside));
  }
}

/* `id` according to the map file of `pid`. */
static uint32_t map_id_of(int proc, uint32_t pid, const char *file, uint32_t id) {
  char path[40], map[16384]; /* at most 340 lines */
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
  /* an exec joins when the monitor tells it to */
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
  /* without CAP_SETGID outside, a gid map is accepted only once setgroups is denied */
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

bool joins_before_clone(const struct namespace_plan *ns) {
  bool others = ns->ipc.kind == NS_PATH || ns->uts.kind == NS_PATH || ns->cgroup.kind == NS_PATH || ns->mount.kind == NS_PATH;
  return ns->user.kind == NS_PATH || (ns->user.kind == NS_NEW && others);
}
