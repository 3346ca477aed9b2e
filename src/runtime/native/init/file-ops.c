/* Directories, links, device nodes and small files in the root. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "root-path.h"
#include "setup.h"
#include "sys.h"

/*
 * Sets owner and mode of what was just made. Another container may write to the directory (a volume) and have put a link there,
 * which would be resolved on the host before the root is changed: so the file is opened and checked first.
 */
static int give(int proc, int parent, const char *name, const struct stat *made, uid_t uid, gid_t gid) {
  struct stat st;
  char path[40];
  /* nearly always the mode is right already */
  if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode == made->st_mode && st.st_uid == uid && st.st_gid == gid
      && (S_ISDIR(st.st_mode) || st.st_rdev == made->st_rdev))
    return 0;
  int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = -1;
  if (fd < 0) return -1;
  snprintf(path, sizeof path, "self/fd/%d", fd);
  if (fstat(fd, &st) == 0) {
    if ((st.st_mode & S_IFMT) != (made->st_mode & S_IFMT) || (!S_ISDIR(st.st_mode) && st.st_rdev != made->st_rdev))
      errno = EEXIST;
    else if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0)
      result = fchmodat(proc, path, made->st_mode & 07777, 0);
  }
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

/* Opens the directory of `target`. Nodes and links of one directory follow each other: it stays open from one to the next. */
static int open_parent(struct setup *setup, const char *target, const char **name) {
  const char *slash = strrchr(target, '/');
  size_t size = slash ? (size_t)(slash - target) : 0;
  bool kept = setup->parent >= 0 && size == setup->parent_size && memcmp(target, setup->parent_path, size) == 0;
  if (kept && slash[1] && strcmp(slash + 1, ".") != 0 && strcmp(slash + 1, "..") != 0) {
    *name = slash + 1;
    return setup->parent;
  }
  forget_parent(setup);
  setup->parent = root_open_parent(setup->root, target, name);
  setup->parent_path = target;
  setup->parent_size = size;
  return setup->parent;
}

void forget_parent(struct setup *setup) { close_fd(&setup->parent); }

int mkdir_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  const char *name;
  int parent = root_open_parent(setup->root, op->mkdir.target, &name);
  CHECK(parent, "mkdir", "%s", op->mkdir.target);
  if (mkdirat(parent, name, op->mkdir.mode) == 0) {
    struct stat made = {.st_mode = S_IFDIR | op->mkdir.mode};
    CHECK(give(setup->launch->host_proc, parent, name, &made, op->mkdir.uid, op->mkdir.gid), "mkdir", "owner and mode of %s", op->mkdir.target);
  } else if (errno != EEXIST) {
    return FAIL(failure, "mkdir", "%s", op->mkdir.target);
  }
  close(parent);
  return 0;
}

/* An existing entry stays: an image's own /etc/mtab is as good as ours. */
int symlink_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  const char *name;
  int parent = open_parent(setup, op->symlink.target, &name);
  CHECK(parent, "symlink", "%s", op->symlink.target);
  if (symlinkat(op->symlink.text, parent, name) < 0 && errno != EEXIST) return FAIL(failure, "symlink", "%s", op->symlink.target);
  return 0;
}

/* Binds the host's node with the same path or name, if it is the same device: never another one instead. */
static int bind_host_device(const struct setup_op *op, int parent, const char *name, struct failure *failure) {
  char source[4096];
  if (strncmp(op->device.target, "/dev/", 5) == 0)
    snprintf(source, sizeof source, "%s", op->device.target);
  else
    snprintf(source, sizeof source, "/dev/%s", name);
  int tree = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE);
  CHECK(tree, "device", "%s (bound from the host)", source);
  struct stat st;
  if (fstat(tree, &st) < 0 || st.st_rdev != makedev(op->device.major, op->device.minor)
      || !(op->device.type == DEVICE_C ? S_ISCHR(st.st_mode) : S_ISBLK(st.st_mode)))
    return fail(failure, "device", ENODEV, "%s of the host is another device", source);
  int target = openat(parent, name, O_CREAT | O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
  CHECK(target, "device", "mount point %s", op->device.target);
  CHECK(sys_move_mount(tree, target), "device", "%s on %s", source, op->device.target);
  close(target);
  close(tree);
  return 0;
}

int device_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  static const mode_t types[] = {S_IFCHR, S_IFBLK, S_IFIFO};
  const char *name;
  int parent = open_parent(setup, op->device.target, &name);
  CHECK(parent, "device", "%s", op->device.target);
  dev_t number = op->device.type == DEVICE_P ? 0 : makedev(op->device.major, op->device.minor);
  int result = 0;
  struct stat made = {.st_mode = types[op->device.type] | op->device.mode, .st_rdev = number};
  if (mknodat(parent, name, made.st_mode, number) == 0) {
    CHECK(give(setup->launch->host_proc, parent, name, &made, op->device.uid, op->device.gid), "device", "owner and mode of %s", op->device.target);
  } else if (errno == EPERM && op->device.type != DEVICE_P) {
    result = bind_host_device(op, parent, name, failure);
  } else {
    struct stat st;
    if (errno != EEXIST || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0
        || st.st_rdev != number || (st.st_mode & S_IFMT) != types[op->device.type])
      return FAIL(failure, "device", "%s", op->device.target);
  }
  return result;
}

int write_file_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  const char *name;
  int parent = root_open_parent(setup->root, op->write_file.target, &name);
  CHECK(parent, "write-file", "%s", op->write_file.target);
  /* an image may have put a pipe, which nobody reads, or a device there */
  struct stat st;
  int fd = openat(parent, name, O_CREAT | O_WRONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC, op->write_file.mode);
  CHECK(fd, "write-file", "%s", op->write_file.target);
  if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) return fail(failure, "write-file", EINVAL, "%s is no regular file", op->write_file.target);
  CHECK(ftruncate(fd, 0), "write-file", "%s", op->write_file.target);
  CHECK(write_all(fd, op->write_file.data, strlen(op->write_file.data)), "write-file", "%s", op->write_file.target);
  CHECK(fchmod(fd, op->write_file.mode), "write-file", "mode of %s", op->write_file.target);
  close(fd);
  close(parent);
  return 0;
}
