/* The container's root: an overlay or a bound directory, and the move into it. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "setup.h"
#include "sys.h"

/* Copies `text` with `\` before `\`, `,` and (for lower dirs) `:`, because overlayfs splits its options there. */
static void put_escaped(struct buffer *out, const char *text, bool colons) {
  for (; *text; text++) {
    if (*text == '\\' || *text == ',' || (colons && *text == ':')) put_u8(out, '\\');
    put_u8(out, (uint8_t)*text);
  }
}

static int rootfs_done(struct setup *setup, const char *mount_point, struct failure *failure) {
  close_fd(&setup->root);
  setup->root = open(mount_point, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (setup->root < 0) return FAIL(failure, "open", "%s", mount_point);
  return 0;
}

/* Length of the directory that all paths of the overlay share; mount data must fit into a page. */
static size_t common_directory(const struct setup_op *op) {
  const char *first = LIST_AT(const char *, op->rootfs_overlay.lower, 0)[0];
  size_t common = strlen(first);
  uint32_t count = op->rootfs_overlay.lower.count + (*op->rootfs_overlay.upper ? 2 : 0);
  for (uint32_t i = 0; i < count; i++) {
    const char *path = i == op->rootfs_overlay.lower.count ? op->rootfs_overlay.upper : op->rootfs_overlay.work;
    if (i < op->rootfs_overlay.lower.count) path = *LIST_AT(const char *, op->rootfs_overlay.lower, i);
    size_t same = 0;
    while (same < common && path[same] == first[same]) same++;
    common = same;
  }
  while (common > 0 && first[common - 1] != '/') common--;
  return common;
}

static int set_string(int fs, const char *key, const char *value) { return (int)syscall(__NR_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0); }

/*
 * Sets the upper and the work directory, without the first `common` bytes of their paths, escaped because overlayfs splits them
 * here too.
 */
static int set_upper(int fs, const struct setup_op *op, size_t common) {
  const char *keys[] = {"upperdir", "workdir"}, *paths[] = {op->rootfs_overlay.upper, op->rootfs_overlay.work};
  int result = 0;
  for (size_t i = 0; *op->rootfs_overlay.upper && i < 2 && result == 0; i++) {
    struct buffer value = {0};
    put_escaped(&value, paths[i] + common, false);
    put_u8(&value, 0);
    result = set_string(fs, keys[i], (char *)value.data + value.start);
    int error = errno;
    buffer_free(&value);
    errno = error;
  }
  return result;
}

/* An overlay whose layers are passed one by one (Linux 6.7), relative to the working directory; not mounted yet. */
static int overlay_by_layers(const struct setup_op *op, size_t common) {
  int fs = (int)syscall(__NR_fsopen, "overlay", FSOPEN_CLOEXEC);
  if (fs < 0) return -1;
  int fd = -1, result = 0;
  for (uint32_t i = 0; i < op->rootfs_overlay.lower.count && result == 0; i++)
    result = set_string(fs, "lowerdir+", *LIST_AT(const char *, op->rootfs_overlay.lower, i) + common);
  if (result == 0) result = set_upper(fs, op, common);
  if (result == 0 && op->rootfs_overlay.userxattr) result = (int)syscall(__NR_fsconfig, fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
  if (result == 0 && syscall(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) fd = (int)syscall(__NR_fsmount, fs, FSMOUNT_CLOEXEC, 0);
  int error = errno;
  close(fs);
  errno = error;
  return fd;
}

static int mount_many(struct setup *setup, const struct setup_op *op, size_t common, struct failure *failure) {
  int tree = overlay_by_layers(op, common);
  if (tree < 0) return FAIL(failure, "rootfs-overlay", "%u layers", op->rootfs_overlay.lower.count);
  int place = open(op->rootfs_overlay.mount_point, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int result = place < 0 ? -1 : sys_move_mount(tree, place), error = errno;
  if (place >= 0) close(place);
  close(tree);
  if (result < 0) return fail(failure, "rootfs-overlay", error, "%s", op->rootfs_overlay.mount_point);
  return rootfs_done(setup, op->rootfs_overlay.mount_point, failure);
}

/* Most bytes of options that mount(2) accepts. */
enum { longest_options = 4096 };

int rootfs_overlay(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  if (op->rootfs_overlay.lower.count == 0) return fail(failure, "rootfs-overlay", EINVAL, "no lower directory");
  size_t common = common_directory(op);
  if (common > 1) {
    char directory[4096];
    snprintf(directory, sizeof directory, "%.*s", (int)common, *LIST_AT(const char *, op->rootfs_overlay.lower, 0));
    CHECK(chdir(directory), "chdir", "%s", directory);
  } else {
    common = 0;
  }
  struct buffer data = {0};
  put_format(&data, "lowerdir=");
  for (uint32_t i = 0; i < op->rootfs_overlay.lower.count; i++) {
    if (i) put_u8(&data, ':');
    put_escaped(&data, *LIST_AT(const char *, op->rootfs_overlay.lower, i) + common, true);
  }
  if (*op->rootfs_overlay.upper) {
    put_format(&data, ",upperdir=");
    put_escaped(&data, op->rootfs_overlay.upper + common, false);
    put_format(&data, ",workdir=");
    put_escaped(&data, op->rootfs_overlay.work + common, false);
  }
  if (op->rootfs_overlay.userxattr) put_format(&data, ",userxattr");
  put_u8(&data, 0);
  if (data.end - data.start > longest_options) {
    buffer_free(&data);
    return mount_many(setup, op, common, failure);
  }
  int result = mount("overlay", op->rootfs_overlay.mount_point, "overlay", 0, data.data + data.start);
  int error = errno;
  if (result < 0) fail(failure, "rootfs-overlay", error, "%s", (char *)data.data + data.start);
  buffer_free(&data);
  return result < 0 ? -1 : rootfs_done(setup, op->rootfs_overlay.mount_point, failure);
}

/* Mounts the monitor's tree over the old root: its own mount point may be in a directory that this process may not search. */
static int rootfs_take(struct setup *setup, int tree, struct failure *failure) {
  int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(top, "rootfs-bind", "open /");
  CHECK(sys_move_mount(tree, top), "rootfs-bind", "over /");
  close(top);
  struct mount_attr attr = {.propagation = MS_SLAVE};
  CHECK(sys_mount_setattr(tree, 0, &attr), "rootfs-bind", "propagation");
  setup->root = tree;
  return 0;
}

int rootfs_bind(struct setup *setup, uint32_t step, const struct setup_op *op, struct failure *failure) {
  const int *sources = setup->launch->sources;
  if (sources && sources[step] >= 0) return rootfs_take(setup, sources[step], failure);
  CHECK(mount(op->rootfs_bind.source, op->rootfs_bind.mount_point, NULL, MS_BIND | MS_REC, NULL), "rootfs-bind", "%s", op->rootfs_bind.source);
  /* pivot_root refuses a root with a shared mount; a slave becomes private by a separate op */
  CHECK(mount(NULL, op->rootfs_bind.mount_point, NULL, MS_SLAVE, NULL), "rootfs-bind", "%s", op->rootfs_bind.source);
  return rootfs_done(setup, op->rootfs_bind.mount_point, failure);
}

int pivot_op(struct setup *setup, struct failure *failure) {
  CHECK(fchdir(setup->root), "pivot", "fchdir");
  CHECK(sys_pivot_root(".", "."), "pivot", "pivot_root");
  CHECK(umount2(".", MNT_DETACH), "pivot", "detach the host's root");
  CHECK(chdir("/"), "pivot", "chdir");
  close(setup->root);
  setup->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(setup->root, "pivot", "open /");
  return 0;
}

int readonly_root_op(struct setup *setup, struct failure *failure) {
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
  CHECK(sys_mount_setattr(setup->root, 0, &attr), "readonly-root", "/");
  return 0;
}
