#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "options.h"
#include "sys.h"

/* Makes a user namespace with these maps, kept alive only by its descriptor. */
static int user_namespace(const struct launch *launch, const struct idmap_plan *map, struct failure *failure) {
  int ready[2];
  CHECK(pipe2(ready, O_CLOEXEC), "idmap", "pipe");
  pid_t pid = fork();
  if (pid == 0) {
    if (unshare(CLONE_NEWUSER) == 0 && write(ready[1], "", 1) == 1) pause();
    _exit(1);
  }
  int error = errno, fd = -1;
  close(ready[1]);
  char byte, path[40];
  if (pid > 0 && read(ready[0], &byte, 1) == 1) {
    snprintf(path, sizeof path, "%d/uid_map", pid);
    int result = write_file_at(launch->host_proc, path, map->uid, strlen(map->uid));
    snprintf(path, sizeof path, "%d/gid_map", pid);
    if (result == 0) result = write_file_at(launch->host_proc, path, map->gid, strlen(map->gid));
    snprintf(path, sizeof path, "%d/ns/user", pid);
    if (result == 0) fd = openat(launch->host_proc, path, O_RDONLY | O_CLOEXEC);
    error = errno;
  }
  close(ready[0]);
  if (pid > 0) {
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
  }
  return fd < 0 ? fail(failure, "idmap", error, "user namespace of the mount's owners") : fd;
}

static int open_tree(const struct launch *launch, const struct setup_op *op, struct failure *failure) {
  if (op->code == SETUP_ROOTFS_BIND) {
    int root = sys_open_tree(AT_FDCWD, op->rootfs_bind.source, OPEN_TREE_CLONE | AT_RECURSIVE);
    CHECK(root, "rootfs-bind", "%s", op->rootfs_bind.source);
    return root;
  }
  int tree = bind_tree(op);
  CHECK(tree, "bind", "source %s", op->bind.source);
  if (!op->bind.idmap.present) return tree;
  const struct idmap_plan *map = &op->bind.idmap.value;
  int owners = user_namespace(launch, map, failure);
  if (owners < 0) return -1;
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)owners};
  int result = sys_mount_setattr(tree, map->recursive ? AT_RECURSIVE : 0, &attr);
  int error = errno;
  close(owners);
  if (result == 0) return tree;
  close(tree);
  return fail(failure, "bind", error, "other owners in %s", op->bind.source);
}

int source_trees_open(struct launch *launch) {
  const struct list *ops = &launch->plan.setup;
  struct failure *failure = &launch->failure;
  bool stranger = launch->plan.kind == KIND_RUN && launch->plan.namespaces.user.kind != NS_HOST;
  for (uint32_t i = 0; i < ops->count; i++) {
    const struct setup_op *op = LIST_AT(struct setup_op, *ops, i);
    bool wanted = op->code == SETUP_BIND ? stranger || op->bind.idmap.present : op->code == SETUP_ROOTFS_BIND && stranger;
    if (!wanted) continue;
    if (!launch->sources) {
      launch->sources = malloc(ops->count * sizeof *launch->sources);
      if (!launch->sources) _exit(71);
      for (uint32_t j = 0; j < ops->count; j++) launch->sources[j] = -1;
    }
    failure->phase = PHASE_SETUP;
    failure->step = (int32_t)i;
    launch->sources[i] = open_tree(launch, op, failure);
    if (launch->sources[i] < 0) return -1;
  }
  return 0;
}

void source_trees_close(struct launch *launch) {
  for (uint32_t i = 0; launch->sources && i < launch->plan.setup.count; i++) close_fd(&launch->sources[i]);
  free(launch->sources);
  launch->sources = NULL;
}
