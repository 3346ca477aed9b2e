/* Mounts file systems and binds on their mount points in the root. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "root-path.h"
#include "setup.h"
#include "sys.h"

/* Path of a descriptor in the host's procfs, which is at /proc until the root is changed. */
static const char *fd_path(int fd, char *to, size_t size) {
  snprintf(to, size, "/proc/self/fd/%d", fd);
  return to;
}

int mount_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  int target = root_open_mount_point(setup->root, op->mount.target, op->mount.create);
  CHECK(target, "mount", "mount point %s", op->mount.target);
  if (setup->launch->joined_pidns >= 0 && strcmp(op->mount.fstype, "proc") == 0) return joined_proc_op(setup, op, target, failure);
  char path[40];
  const char *data = *op->mount.data ? op->mount.data : NULL;
  int result = mount(op->mount.source, fd_path(target, path, sizeof path), op->mount.fstype, op->mount.flags, data);
  int error = errno;
  close(target);
  return result < 0 ? fail(failure, "mount", error, "%s on %s", op->mount.fstype, op->mount.target) : 0;
}

static const uint64_t propagation_flags[] = {MS_PRIVATE, MS_PRIVATE, MS_SHARED, MS_SHARED, MS_SLAVE, MS_SLAVE};

static bool is_shared_bind(const struct setup_op *op) {
  return op->code == SETUP_BIND && (op->bind.propagation == PROPAGATION_SHARED || op->bind.propagation == PROPAGATION_RSHARED);
}

int bind_tree(const struct setup_op *op) {
  unsigned flags = OPEN_TREE_CLONE | (op->bind.recursive ? AT_RECURSIVE : 0);
  if (!*op->bind.subpath) return sys_open_tree(AT_FDCWD, op->bind.source, flags);
  int root = open(op->bind.source, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return -1;
  int fd = sys_openat2(root, op->bind.subpath, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  int tree = fd < 0 ? -1 : sys_open_tree(fd, "", flags | AT_EMPTY_PATH);
  int error = errno;
  close_fd(&fd);
  close(root);
  errno = error;
  return tree;
}

/* Reports which source could not be opened. */
static int source_failure(const struct setup_op *op, struct failure *failure) {
  if (*op->bind.subpath) return FAIL(failure, "bind", "subpath %s of %s", op->bind.subpath, op->bind.source);
  return FAIL(failure, "bind", "source %s", op->bind.source);
}

int bind_op(struct setup *setup, uint32_t step, const struct setup_op *op, struct failure *failure) {
  int *sources = setup->launch->sources;
  int tree = sources && sources[step] >= 0 ? sources[step] : setup->shared && setup->shared[step] >= 0 ? setup->shared[step] : bind_tree(op);
  if (tree < 0) return source_failure(op, failure);
  struct mount_attr attr = {.attr_set = (op->bind.nosuid ? MOUNT_ATTR_NOSUID : 0) | (op->bind.nodev ? MOUNT_ATTR_NODEV : 0) |
                                        (op->bind.noexec ? MOUNT_ATTR_NOEXEC : 0)};
  unsigned recursive = op->bind.recursive ? AT_RECURSIVE : 0;
  if (attr.attr_set) CHECK(sys_mount_setattr(tree, recursive, &attr), "bind", "attributes of %s", op->bind.source);
  if (op->bind.read_only != READONLY_NO) {
    attr = (struct mount_attr){.attr_set = MOUNT_ATTR_RDONLY};
    CHECK(sys_mount_setattr(tree, op->bind.read_only == READONLY_RECURSIVE ? AT_RECURSIVE : 0, &attr), "bind", "read-only %s", op->bind.source);
  }
  attr = (struct mount_attr){.propagation = propagation_flags[op->bind.propagation]};
  CHECK(sys_mount_setattr(tree, op->bind.propagation % 2 ? AT_RECURSIVE : 0, &attr), "bind", "propagation of %s", op->bind.source);
  struct stat st;
  CHECK(fstat(tree, &st), "bind", "source %s", op->bind.source);
  /* a new mount point is of the source's kind, whatever the plan could know about it */
  enum create_choice create = op->bind.create == CREATE_NONE ? CREATE_NONE : S_ISDIR(st.st_mode) ? CREATE_DIR : CREATE_FILE;
  int target = root_open_mount_point(setup->root, op->bind.target, create);
  CHECK(target, "bind", "mount point %s", op->bind.target);
  CHECK(sys_move_mount(tree, target), "bind", "%s on %s", op->bind.source, op->bind.target);
  close(target);
  close(tree);
  return 0;
}

int take_shared_trees(struct setup *setup, struct failure *failure) {
  const struct list *ops = &setup->launch->plan.setup;
  for (uint32_t i = 0; i < ops->count; i++) {
    const struct setup_op *op = LIST_AT(struct setup_op, *ops, i);
    if (!is_shared_bind(op) || (setup->launch->sources && setup->launch->sources[i] >= 0)) continue;
    if (!setup->shared) {
      setup->shared = malloc(ops->count * sizeof *setup->shared);
      if (!setup->shared) _exit(71);
      for (uint32_t j = 0; j < ops->count; j++) setup->shared[j] = -1;
    }
    failure->step = (int32_t)i;
    setup->shared[i] = bind_tree(op);
    if (setup->shared[i] < 0) return source_failure(op, failure);
  }
  return 0;
}
