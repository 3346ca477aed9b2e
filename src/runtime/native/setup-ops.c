/* The root file system and everything in it, by init in its own mount namespace. */
#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "launch.h"
#include "root-path.h"
#include "sys.h"

struct setup {
  struct launch *launch;
  int root;         /* O_PATH of the new root, -1 before it exists */
  int *shared;      /* trees of shared binds by step, taken before the namespace is made private; else -1 */
  int *tty_slave;
  int mask_tmpfs;   /* a mounted empty tmpfs to clone further masks from, or -1 */
};

#define CHECK(expression, op, ...)                              \
  do {                                                          \
    if ((expression) < 0) return FAIL(failure, op, __VA_ARGS__); \
  } while (0)

/* Path of a descriptor in the host's procfs, which is at /proc as long as the root is not changed. */
static const char *fd_path(int fd, char *to, size_t size) {
  snprintf(to, size, "/proc/self/fd/%d", fd);
  return to;
}

/* Copies `text` with `\` before `\`, `,` and (for lower dirs) `:`, as overlayfs splits its options. */
static void put_escaped(struct buffer *out, const char *text, bool colons) {
  for (; *text; text++) {
    if (*text == '\\' || *text == ',' || (colons && *text == ':')) put_u8(out, '\\');
    put_u8(out, (uint8_t)*text);
  }
}

static int rootfs_done(struct setup *setup, const char *mount_point, struct failure *failure) {
  setup->root = open(mount_point, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (setup->root < 0) return FAIL(failure, "open", "%s", mount_point);
  return 0;
}

/* Length of the directory all paths of the overlay have in common; mount data must fit a page. */
static size_t common_directory(const struct setup_op *op) {
  const char *first = LIST_AT(const char *, op->overlay.lower, 0)[0];
  size_t common = strlen(first);
  for (uint32_t i = 0; i < op->overlay.lower.count + 2; i++) {
    const char *path = i < op->overlay.lower.count ? *LIST_AT(const char *, op->overlay.lower, i) : i == op->overlay.lower.count ? op->overlay.upper : op->overlay.work;
    size_t same = 0;
    while (same < common && path[same] == first[same]) same++;
    common = same;
  }
  while (common > 0 && first[common - 1] != '/') common--;
  return common;
}

static int rootfs_overlay(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  if (op->overlay.lower.count == 0) return fail(failure, "rootfs-overlay", EINVAL, "no lower directory");
  size_t common = common_directory(op);
  if (common > 1) {
    char directory[4096];
    snprintf(directory, sizeof directory, "%.*s", (int)common, *LIST_AT(const char *, op->overlay.lower, 0));
    CHECK(chdir(directory), "chdir", "%s", directory);
  } else {
    common = 0;
  }
  struct buffer data = {0};
  put_format(&data, "lowerdir=");
  for (uint32_t i = 0; i < op->overlay.lower.count; i++) {
    if (i) put_u8(&data, ':');
    put_escaped(&data, *LIST_AT(const char *, op->overlay.lower, i) + common, true);
  }
  put_format(&data, ",upperdir=");
  put_escaped(&data, op->overlay.upper + common, false);
  put_format(&data, ",workdir=");
  put_escaped(&data, op->overlay.work + common, false);
  if (op->overlay.userxattr) put_format(&data, ",userxattr");
  put_u8(&data, 0);
  int result = mount("overlay", op->overlay.mount_point, "overlay", 0, data.data + data.start);
  int error = errno;
  if (result < 0) fail(failure, "rootfs-overlay", error, "%s", (char *)data.data + data.start);
  buffer_free(&data);
  return result < 0 ? -1 : rootfs_done(setup, op->overlay.mount_point, failure);
}

static int rootfs_bind(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  CHECK(mount(op->rootfs_bind.source, op->rootfs_bind.mount_point, NULL, MS_BIND | MS_REC, NULL), "rootfs-bind", "%s", op->rootfs_bind.source);
  /* pivot_root refuses a root whose mount is shared */
  CHECK(mount(NULL, op->rootfs_bind.mount_point, NULL, MS_PRIVATE, NULL), "rootfs-bind", "%s", op->rootfs_bind.source);
  return rootfs_done(setup, op->rootfs_bind.mount_point, failure);
}

static int mount_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  int target = root_open_create(setup->root, op->mount.target, op->mount.create);
  CHECK(target, "mount", "mount point %s", op->mount.target);
  char path[40];
  int result = mount(op->mount.source, fd_path(target, path, sizeof path), op->mount.fstype, op->mount.flags, *op->mount.data ? op->mount.data : NULL);
  int error = errno;
  close(target);
  return result < 0 ? fail(failure, "mount", error, "%s on %s", op->mount.fstype, op->mount.target) : 0;
}

static const uint64_t propagation_flags[] = {MS_PRIVATE, MS_PRIVATE, MS_SHARED, MS_SHARED, MS_SLAVE, MS_SLAVE};

static bool is_shared_bind(const struct setup_op *op) {
  return op->code == SETUP_BIND && (op->bind.propagation == PROPAGATION_SHARED || op->bind.propagation == PROPAGATION_RSHARED);
}

static int bind_tree(const struct setup_op *op) {
  return sys_open_tree(AT_FDCWD, op->bind.source, OPEN_TREE_CLONE | (op->bind.recursive ? AT_RECURSIVE : 0));
}

static int bind_op(struct setup *setup, uint32_t step, const struct setup_op *op, struct failure *failure) {
  int tree = setup->shared && setup->shared[step] >= 0 ? setup->shared[step] : bind_tree(op);
  CHECK(tree, "bind", "source %s", op->bind.source);
  struct mount_attr attr = {.attr_set = (op->bind.nosuid ? MOUNT_ATTR_NOSUID : 0) | (op->bind.nodev ? MOUNT_ATTR_NODEV : 0) | (op->bind.noexec ? MOUNT_ATTR_NOEXEC : 0)};
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
  /* the mount point that is made is of the source's kind, whatever the plan could know of it */
  enum create_kind create = op->bind.create == CREATE_NONE ? CREATE_NONE : S_ISDIR(st.st_mode) ? CREATE_DIR : CREATE_FILE;
  int target = root_open_create(setup->root, op->bind.target, create);
  CHECK(target, "bind", "mount point %s", op->bind.target);
  CHECK(sys_move_mount(tree, target), "bind", "%s on %s", op->bind.source, op->bind.target);
  close(target);
  close(tree);
  return 0;
}

static int mkdir_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  const char *name;
  int parent = root_open_parent(setup->root, op->mkdir.target, &name);
  CHECK(parent, "mkdir", "%s", op->mkdir.target);
  if (mkdirat(parent, name, op->mkdir.mode) == 0) {
    CHECK(fchownat(parent, name, op->mkdir.uid, op->mkdir.gid, AT_SYMLINK_NOFOLLOW), "mkdir", "owner of %s", op->mkdir.target);
    CHECK(fchmodat(parent, name, op->mkdir.mode, 0), "mkdir", "mode of %s", op->mkdir.target);
  } else if (errno != EEXIST) {
    return FAIL(failure, "mkdir", "%s", op->mkdir.target);
  }
  close(parent);
  return 0;
}

/* What stands there stays: an image's own /etc/mtab is as good as ours. */
static int symlink_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  const char *name;
  int parent = root_open_parent(setup->root, op->symlink.target, &name);
  CHECK(parent, "symlink", "%s", op->symlink.target);
  if (symlinkat(op->symlink.text, parent, name) < 0 && errno != EEXIST) return FAIL(failure, "symlink", "%s", op->symlink.target);
  close(parent);
  return 0;
}

static int bind_host_device(const struct setup_op *op, int parent, const char *name, struct failure *failure) {
  char source[300];
  snprintf(source, sizeof source, "/dev/%s", name);
  int tree = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE);
  CHECK(tree, "device", "%s (bound from the host)", source);
  struct stat st;
  if (fstat(tree, &st) < 0 || st.st_rdev != makedev(op->device.major, op->device.minor) || !(op->device.type == 0 ? S_ISCHR(st.st_mode) : S_ISBLK(st.st_mode)))
    return fail(failure, "device", ENODEV, "%s of the host is another device", source);
  int target = openat(parent, name, O_CREAT | O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
  CHECK(target, "device", "mount point %s", op->device.target);
  CHECK(sys_move_mount(tree, target), "device", "%s on %s", source, op->device.target);
  close(target);
  close(tree);
  return 0;
}

static int device_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  static const mode_t types[] = {S_IFCHR, S_IFBLK, S_IFIFO};
  const char *name;
  int parent = root_open_parent(setup->root, op->device.target, &name);
  CHECK(parent, "device", "%s", op->device.target);
  dev_t number = op->device.type == 2 ? 0 : makedev(op->device.major, op->device.minor);
  int result = 0;
  if (mknodat(parent, name, types[op->device.type] | op->device.mode, number) == 0) {
    CHECK(fchownat(parent, name, op->device.uid, op->device.gid, AT_SYMLINK_NOFOLLOW), "device", "owner of %s", op->device.target);
    CHECK(fchmodat(parent, name, op->device.mode, 0), "device", "mode of %s", op->device.target);
  } else if (errno == EPERM && op->device.type != 2) {
    result = bind_host_device(op, parent, name, failure);
  } else {
    struct stat st;
    if (errno != EEXIST || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_rdev != number || (st.st_mode & S_IFMT) != types[op->device.type])
      return FAIL(failure, "device", "%s", op->device.target);
  }
  close(parent);
  return result;
}

static int write_file_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  const char *name;
  int parent = root_open_parent(setup->root, op->write_file.target, &name);
  CHECK(parent, "write-file", "%s", op->write_file.target);
  int fd = openat(parent, name, O_CREAT | O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, op->write_file.mode);
  CHECK(fd, "write-file", "%s", op->write_file.target);
  CHECK(write_all(fd, op->write_file.data, strlen(op->write_file.data)), "write-file", "%s", op->write_file.target);
  CHECK(fchmod(fd, op->write_file.mode), "write-file", "mode of %s", op->write_file.target);
  close(fd);
  close(parent);
  return 0;
}

/* `net.ipv4.ip_forward` or `net/ipv4/conf/eth0.1/…`: the first separator decides, as in sysctl(8). */
static int sysctl_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  char path[512];
  int size = snprintf(path, sizeof path, "sys/%s", op->sysctl.key);
  if (size >= (int)sizeof path) return fail(failure, "sysctl", ENAMETOOLONG, "%s", op->sysctl.key);
  size_t first = strcspn(op->sysctl.key, "./");
  if (op->sysctl.key[first] == '.')
    for (char *at = path + 4; *at; at++) *at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
  int fd = sys_openat2(setup->launch->host_proc, path, O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  CHECK(fd, "sysctl", "%s", op->sysctl.key);
  struct statfs fs;
  if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) return fail(failure, "sysctl", ENOTSUP, "%s is not in a procfs", op->sysctl.key);
  int result = write_all(fd, op->sysctl.value, strlen(op->sysctl.value));
  int error = errno;
  close(fd);
  return result < 0 ? fail(failure, "sysctl", error, "%s = %s", op->sysctl.key, op->sysctl.value) : 0;
}

/* A terminal of the container's own devpts: its ttyname is right inside, and it is gone with the container. */
int tty_open(int root, const struct stdio_plan *stdio, uint32_t uid, int *master, int *slave) {
  struct statfs fs;
  *master = sys_openat2(root, "dev/pts/ptmx", O_RDWR | O_NOCTTY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
  if (*master < 0) return -1;
  if (fstatfs(*master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC) return errno = ENOTTY, -1;
  int unlock = 0;
  if (ioctl(*master, TIOCSPTLCK, &unlock) < 0) return -1;
  *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0) return -1;
  struct winsize size = {.ws_row = (unsigned short)stdio->rows, .ws_col = (unsigned short)stdio->columns};
  if (stdio->rows && stdio->columns) ioctl(*slave, TIOCSWINSZ, &size);
  if (fchown(*slave, uid, (gid_t)-1) < 0 && errno != EPERM) return -1;
  return 0;
}

static int console_op(struct setup *setup, struct failure *failure) {
  if (!setup->launch->plan.stdio.tty) return 0;
  int master, slave;
  CHECK(tty_open(setup->root, &setup->launch->plan.stdio, setup->launch->plan.process.uid, &master, &slave), "console", "/dev/pts/ptmx");
  const char *name;
  int parent = root_open_parent(setup->root, "/dev/console", &name);
  CHECK(parent, "console", "/dev");
  int target = openat(parent, name, O_CREAT | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0620);
  CHECK(target, "console", "/dev/console");
  close(parent);
  int tree = sys_open_tree(slave, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
  CHECK(tree, "console", "clone of the terminal's mount");
  CHECK(sys_move_mount(tree, target), "console", "/dev/console");
  close(tree);
  close(target);
  CHECK(sync_send(setup->launch->sync[1], SYNC_TTY, NULL, master), "console", "hand over the terminal");
  close(master);
  *setup->tty_slave = slave;
  return 0;
}

static int pivot_op(struct setup *setup, struct failure *failure) {
  CHECK(fchdir(setup->root), "pivot", "fchdir");
  CHECK(sys_pivot_root(".", "."), "pivot", "pivot_root");
  CHECK(umount2(".", MNT_DETACH), "pivot", "detach the host's root");
  CHECK(chdir("/"), "pivot", "chdir");
  close(setup->root);
  setup->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(setup->root, "pivot", "open /");
  return 0;
}

static int readonly_root_op(struct setup *setup, struct failure *failure) {
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
  CHECK(sys_mount_setattr(setup->root, 0, &attr), "readonly-root", "/");
  return 0;
}

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

/* The container's /dev/null, after looking that it is the null device and no file an image put there. */
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

static int mask_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  int target = root_open(setup->root, op->target);
  if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) return 0;
  CHECK(target, "mask", "%s", op->target);
  struct stat st;
  CHECK(fstat(target, &st), "mask", "%s", op->target);
  int cover;
  if (!S_ISDIR(st.st_mode)) {
    cover = null_tree(setup->root);
    CHECK(cover, "mask", "/dev/null over %s", op->target);
  } else {
    cover = setup->mask_tmpfs >= 0 ? sys_open_tree(setup->mask_tmpfs, "", OPEN_TREE_CLONE | AT_EMPTY_PATH) : empty_tmpfs();
    CHECK(cover, "mask", "empty tmpfs over %s", op->target);
  }
  CHECK(sys_move_mount(cover, target), "mask", "%s", op->target);
  close(target);
  if (S_ISDIR(st.st_mode) && setup->mask_tmpfs < 0)
    setup->mask_tmpfs = cover;
  else
    close(cover);
  return 0;
}

static int readonly_path_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  int target = root_open(setup->root, op->target);
  if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) return 0;
  CHECK(target, "readonly-path", "%s", op->target);
  int tree = sys_open_tree(target, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
  CHECK(tree, "readonly-path", "%s", op->target);
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
  CHECK(sys_mount_setattr(tree, AT_RECURSIVE, &attr), "readonly-path", "%s", op->target);
  CHECK(sys_move_mount(tree, target), "readonly-path", "%s", op->target);
  close(tree);
  close(target);
  return 0;
}

static int run(struct setup *setup, uint32_t step, const struct setup_op *op, struct failure *failure) {
  bool needs_root = op->code != SETUP_ROOTFS_OVERLAY && op->code != SETUP_ROOTFS_BIND && op->code != SETUP_SYSCTL && op->code != SETUP_HOSTNAME && op->code != SETUP_DOMAINNAME;
  if (needs_root && setup->root < 0) return fail(failure, setup_op_names[op->code], EINVAL, "no root file system yet");
  switch ((enum setup_code)op->code) {
    case SETUP_ROOTFS_OVERLAY: return rootfs_overlay(setup, op, failure);
    case SETUP_ROOTFS_BIND: return rootfs_bind(setup, op, failure);
    case SETUP_MOUNT: return mount_op(setup, op, failure);
    case SETUP_BIND: return bind_op(setup, step, op, failure);
    case SETUP_MKDIR: return mkdir_op(setup, op, failure);
    case SETUP_SYMLINK: return symlink_op(setup, op, failure);
    case SETUP_DEVICE: return device_op(setup, op, failure);
    case SETUP_WRITE_FILE: return write_file_op(setup, op, failure);
    case SETUP_SYSCTL: return sysctl_op(setup, op, failure);
    case SETUP_HOSTNAME: CHECK(sethostname(op->name, strlen(op->name)), "hostname", "%s", op->name); return 0;
    case SETUP_DOMAINNAME: CHECK(setdomainname(op->name, strlen(op->name)), "domainname", "%s", op->name); return 0;
    case SETUP_CONSOLE: return console_op(setup, failure);
    case SETUP_PIVOT: return pivot_op(setup, failure);
    case SETUP_READONLY_ROOT: return readonly_root_op(setup, failure);
    case SETUP_MASK: return mask_op(setup, op, failure);
    case SETUP_READONLY_PATH: return readonly_path_op(setup, op, failure);
  }
  return fail(failure, "setup-op", ENOSYS, "code %d", (int)op->code);
}

static int take_shared_trees(struct setup *setup, struct failure *failure) {
  const struct list *ops = &setup->launch->plan.setup;
  for (uint32_t i = 0; i < ops->count; i++) {
    const struct setup_op *op = LIST_AT(struct setup_op, *ops, i);
    if (!is_shared_bind(op)) continue;
    if (!setup->shared) {
      setup->shared = malloc(ops->count * sizeof *setup->shared);
      if (!setup->shared) _exit(71);
      for (uint32_t j = 0; j < ops->count; j++) setup->shared[j] = -1;
    }
    failure->step = (int32_t)i;
    setup->shared[i] = bind_tree(op);
    CHECK(setup->shared[i], "bind", "source %s", op->bind.source);
  }
  return 0;
}

int setup_ops_run(struct launch *launch, int *tty_slave) {
  struct failure *failure = &launch->failure;
  const struct list *ops = &launch->plan.setup;
  struct setup setup = {.launch = launch, .root = -1, .tty_slave = tty_slave, .mask_tmpfs = -1};
  failure->phase = PHASE_SETUP;
  failure->step = -1;
  mode_t old_umask = umask(0);
  if (launch->plan.namespaces.mount.kind == NS_NEW) {
    if (take_shared_trees(&setup, failure) < 0) return -1;
    failure->step = -1;
    /* mounts of the host still arrive, ours never leave */
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "mount", "make the namespace's mounts slaves");
  }
  for (uint32_t i = 0; i < ops->count; i++) {
    failure->step = (int32_t)i;
    if (run(&setup, i, LIST_AT(struct setup_op, *ops, i), failure) < 0) return -1;
  }
  umask(old_umask);
  failure->step = -1;
  return 0;
}
