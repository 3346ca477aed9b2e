#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "user-maps.h"
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

void host_ids(const struct launch *launch, uint32_t *uid, uint32_t *gid) {
  const struct process_plan *process = &launch->plan.process;
  char uids[4096] = "", gids[4096] = "";
  if (launch->plan.user_maps.present) {
    snprintf(uids, sizeof uids, "%s", launch->plan.user_maps.value.uid);
    snprintf(gids, sizeof gids, "%s", launch->plan.user_maps.value.gid);
  } else if (process->join_pid.present) {
    char path[40];
    struct stat own, theirs;
    snprintf(path, sizeof path, "%u/ns/user", process->join_pid.value);
    if (fstatat(launch->host_proc, path, &theirs, 0) == 0 && fstatat(launch->host_proc, "self/ns/user", &own, 0) == 0 && own.st_ino != theirs.st_ino) {
      snprintf(path, sizeof path, "%u/uid_map", process->join_pid.value);
      read_file_at(launch->host_proc, path, uids, sizeof uids);
      snprintf(path, sizeof path, "%u/gid_map", process->join_pid.value);
      read_file_at(launch->host_proc, path, gids, sizeof gids);
    }
  }
  *uid = map_id(uids, process->uid);
  *gid = map_id(gids, process->gid);
}

int write_user_maps(struct launch *launch) {
  const struct user_maps *maps = &launch->plan.user_maps.value;
  struct failure *failure = &launch->failure;
  char path[40];
  snprintf(path, sizeof path, "%d/uid_map", launch->init_pid);
  if (write_file_at(launch->host_proc, path, maps->uid, strlen(maps->uid)) < 0) return FAIL(failure, "write", "/proc/%s", path);
  snprintf(path, sizeof path, "%d/gid_map", launch->init_pid);
  if (write_file_at(launch->host_proc, path, maps->gid, strlen(maps->gid)) == 0) return 0;
  /* without CAP_SETGID outside, a gid map is only taken once setgroups is out of the question */
  char deny[40];
  snprintf(deny, sizeof deny, "%d/setgroups", launch->init_pid);
  if (write_file_at(launch->host_proc, deny, "deny", 4) == 0 && write_file_at(launch->host_proc, path, maps->gid, strlen(maps->gid)) == 0) return 0;
  return FAIL(failure, "write", "/proc/%s", path);
}
