/* Paths that a container may not read, or may not write. */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "root-path.h"
#include "setup.h"
#include "sys.h"

static int empty_tmpfs(void) {
  int fs = (int)syscall(__NR_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (fs < 0) return -1;
  int fd = -1;
  if (syscall(__NR_fsconfig, fs, FSCONFIG_SET_STRING, "mode", "0555", 0) == 0 && syscall(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    fd = (int)syscall(__NR_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  int error = errno;
  close(fs);
  errno = error;
  return fd;
}

/* The container's /dev/null, after checking that it is the null device and not a file from an image. */
static int null_tree(int root) {
  struct stat st;
  int fd = root_open(root, "/dev/null");
  if (fd < 0) return -1;
  int tree = -1;
  if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
    errno = ENODEV;
  else
    tree = sys_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
  int error = errno;
  close(fd);
  errno = error;
  return tree;
}

int mask_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  int target = root_open(setup->root, op->mask.target);
  if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) return 0;
  CHECK(target, "mask", "%s", op->mask.target);
  struct stat st;
  CHECK(fstat(target, &st), "mask", "%s", op->mask.target);
  int cover;
  if (!S_ISDIR(st.st_mode)) {
    cover = null_tree(setup->root);
    CHECK(cover, "mask", "/dev/null over %s", op->mask.target);
  } else {
    cover = setup->mask_tmpfs >= 0 ? sys_open_tree(setup->mask_tmpfs, "", OPEN_TREE_CLONE | AT_EMPTY_PATH) : empty_tmpfs();
    CHECK(cover, "mask", "empty tmpfs over %s", op->mask.target);
  }
  CHECK(sys_move_mount(cover, target), "mask", "%s", op->mask.target);
  close(target);
  if (S_ISDIR(st.st_mode) && setup->mask_tmpfs < 0)
    setup->mask_tmpfs = cover;
  else
    close(cover);
  return 0;
}

int readonly_path_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  int target = root_open(setup->root, op->readonly_path.target);
  if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) return 0;
  CHECK(target, "readonly-path", "%s", op->readonly_path.target);
  int tree = sys_open_tree(target, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
  CHECK(tree, "readonly-path", "%s", op->readonly_path.target);
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
  CHECK(sys_mount_setattr(tree, AT_RECURSIVE, &attr), "readonly-path", "%s", op->readonly_path.target);
  CHECK(sys_move_mount(tree, target), "readonly-path", "%s", op->readonly_path.target);
  close(tree);
  close(target);
  return 0;
}
